import { randomInt, randomUUID } from 'node:crypto'
import Fastify from 'fastify'
import postgres from 'postgres'
import { createPool } from '../../infra/db.ts'
import { nouvelleReference } from '../../infra/reference.ts'

/**
 * The yardstick: Fastify and postgres.js with the hub's own SQL, and nothing else: no token, no validation,
 * no contract, no trace, no log. What the hub keeps of its speed is the price of everything it promises.
 */
const sql = createPool({ url: process.env.DATABASE_URL!, max: 10, name: 'bare' })
const app = Fastify()

const columns = sql`id, reference, usager_id, secteur, demarche_id, demarche_version, etat, formulaire, pieces, corrections,
  depose_le, echeance_le, suspendue, decision, rouvert, instruction_interrompue, version, cree_le, modifie_le`

app.get<{ Params: { id: string } }>('/dossiers/:id', async (request) => {
  const [dossier] = await sql`select ${columns} from demarches.dossier where id = ${request.params.id}`
  const messages = await sql`select id, auteur, texte, correction_id, cree_le from demarches.message
    where dossier_id = ${request.params.id} order by cree_le, id`
  return { ...dossier, messages }
})

app.get<{ Querystring: { usager: string } }>('/dossiers', async (request) => ({
  elements:
    await sql`select ${columns} from demarches.dossier where usager_id = any(${[request.query.usager]})
    order by cree_le desc, id desc limit 21`,
}))

app.post<{ Body: { formulaire: postgres.JSONValue } }>('/dossiers', async (request, reply) => {
  const id = randomUUID()
  const now = new Date()
  const [row] = await sql`
    with ecrit as (
      insert into demarches.dossier (id, reference, usager_id, secteur, demarche_id, demarche_version, etat, formulaire,
        pieces, corrections, suspendue, rouvert, instruction_interrompue, version, cree_le, modifie_le, recherche)
      values (${id}, ${nouvelleReference(randomInt)}, ${id}, 'etat-civil', 'acte-de-naissance', 1, 'brouillon',
        ${sql.json(request.body.formulaire)}, ${sql.json([])}, ${sql.json([])}, false, false, false, 1, ${now}, ${now},
        to_tsvector('simple', ''))
      returning id, version),
    evenement as (
      insert into hub.event (type, source, subject, sequence, time, actor_kind, actor_id, usager_id, data)
      select 'guichet.dossier.cree.v1', 'bare', 'dossier/' || ecrit.id, ecrit.version, ${now}::timestamptz, 'usager', ${id},
        ${id}::uuid, ${sql.json({ etat: 'brouillon' })} from ecrit)
    select * from ecrit`
  return reply.code(201).send(row)
})

await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
process.stdout.write('ready\n')
