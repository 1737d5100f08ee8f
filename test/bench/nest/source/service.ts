import 'reflect-metadata'
import { randomInt, randomUUID } from 'node:crypto'
import { Controller, Inject, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { MessagePattern, Payload, Transport } from '@nestjs/microservices'
import postgres, { type JSONValue, type Sql } from 'postgres'
import { type Creer, creerDossier, type Lire, lireDossier } from './dossiers.js'

/** The service of a NestJS hub: the SQL of the bare server, answered over NATS. */
const { NATS_SERVERS, NATS_USER, NATS_PASSWORD, DATABASE_URL } = process.env

@Controller()
class DemarchesController {
  constructor(@Inject('SQL') private readonly sql: Sql) {}

  @MessagePattern(lireDossier)
  async lire(@Payload() { id, usagerId }: Lire) {
    const { sql } = this
    const [dossier] = await sql`
      select id, reference, usager_id, secteur, demarche_id, demarche_version, etat, formulaire, pieces, corrections,
        depose_le, echeance_le, suspendue, decision, rouvert, instruction_interrompue, version, cree_le, modifie_le
      from demarches.dossier where id = ${id} and usager_id = ${usagerId}`
    if (!dossier) return null
    const messages = await sql`select id, auteur, texte, correction_id, cree_le from demarches.message
      where dossier_id = ${id} order by cree_le, id`
    return { ...dossier, messages }
  }

  @MessagePattern(creerDossier)
  async creer(@Payload() { dossier, usagerId }: Creer) {
    const { sql } = this
    const id = randomUUID()
    const now = new Date()
    const reference = `DOS-${randomInt(2 ** 40)
      .toString(36)
      .toUpperCase()}`
    const [row] = await sql`
      with ecrit as (
        insert into demarches.dossier (id, reference, usager_id, secteur, demarche_id, demarche_version, etat, formulaire,
          pieces, corrections, suspendue, rouvert, instruction_interrompue, version, cree_le, modifie_le, recherche)
        values (${id}, ${reference}, ${usagerId}, 'etat-civil', ${dossier.demarche}, 1, 'brouillon',
          ${sql.json(dossier.formulaire as JSONValue)}, ${sql.json([])}, ${sql.json([])}, false, false, false, 1, ${now},
          ${now}, to_tsvector('simple', ''))
        returning id, version),
      evenement as (
        insert into hub.event (type, source, subject, sequence, time, actor_kind, actor_id, usager_id, data)
        select 'guichet.dossier.cree.v1', 'nest', 'dossier/' || ecrit.id, ecrit.version, ${now}::timestamptz, 'usager',
          ${usagerId}, ${usagerId}::uuid, ${sql.json({ etat: 'brouillon' })} from ecrit)
      select * from ecrit`
    return row
  }
}

@Module({
  controllers: [DemarchesController],
  providers: [{ provide: 'SQL', useFactory: () => postgres(DATABASE_URL!, { max: 10 }) }],
})
class DemarchesModule {}

const app = await NestFactory.createMicroservice(DemarchesModule, {
  transport: Transport.NATS,
  options: { servers: NATS_SERVERS!.split(','), user: NATS_USER!, pass: NATS_PASSWORD!, queue: 'demarches' },
  logger: ['warn', 'error'],
})
await app.listen()
process.stdout.write('ready\n')
