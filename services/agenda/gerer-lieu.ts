import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { CreerLieu, Lieu, ListerLieux, ModifierLieu } from '../../contracts/agenda.ts'
import { Refusal } from '../../contracts/errors.ts'
import { jourDeParis } from '../../infra/calendrier.ts'
import type { Call } from '../../infra/service.ts'
import { agentDe, estAgent } from './acteur.ts'
import { lireMotif, presents } from './gerer-motif.ts'
import * as store from './store-offre.ts'

export async function listerLieux(
  { secteur, motif }: z.output<typeof ListerLieux.params>,
  call: Call,
): Promise<z.output<typeof ListerLieux.returns>> {
  if (motif !== undefined) await lireMotif({ id: motif }, call)
  return { elements: await store.listerLieux(call.db.sql, { secteur, motif, jour: jourDeParis(call.now()) }) }
}

export async function lireLieu({ id }: { id: string }, call: Call): Promise<Lieu> {
  const lieu = await store.lireLieu(call.db.sql, id)
  if (!lieu) throw new Refusal('introuvable')
  return lieu
}

export async function creerLieu(champs: z.output<typeof CreerLieu.params>, call: Call): Promise<Lieu> {
  const origin = call.origin(agentDe(call, champs.secteur))
  const lieu: Lieu = { id: randomUUID(), ...champs, actif: true, version: 1 }
  await store.enregistrerLieu(call.db.sql, lieu, origin)
  call.db.committed.notify()
  return lieu
}

export async function modifierLieu(
  { id, siVersion, ...champs }: z.output<typeof ModifierLieu.params>,
  call: Call,
): Promise<Lieu> {
  for (let essai = 0; essai < 5; essai++) {
    const lieu = await lireLieu({ id }, call)
    if (!estAgent(call, lieu.secteur)) throw new Refusal('introuvable')
    const origin = call.origin(agentDe(call, lieu.secteur))
    if (siVersion !== undefined && siVersion !== lieu.version) throw new Refusal('modifie-entre-temps')
    const suivant: Lieu = { ...lieu, ...presents(champs), version: lieu.version + 1 }
    if (await store.enregistrerLieu(call.db.sql, suivant, origin)) {
      call.db.committed.notify()
      return suivant
    }
  }
  throw new Refusal('service-indisponible')
}
