import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { CreerMotif, ListerMotifs, ModifierMotif, Motif } from '../../contracts/agenda.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Call } from '../../infra/service.ts'
import { agentDe, estAgent } from './acteur.ts'
import * as store from './store-offre.ts'

/** Motifs only agents may book are theirs to see. */
export async function listerMotifs(
  { secteur }: z.output<typeof ListerMotifs.params>,
  call: Call,
): Promise<z.output<typeof ListerMotifs.returns>> {
  const motifs = await store.listerMotifs(call.db.sql, secteur)
  return { elements: motifs.filter((motif) => visible(motif, call)) }
}

export async function lireMotif({ id }: { id: string }, call: Call): Promise<Motif> {
  const motif = await store.lireMotif(call.db.sql, id)
  if (!motif || !visible(motif, call)) throw new Refusal('introuvable')
  return motif
}

function visible(motif: Motif, call: Call): boolean {
  return motif.reservablePar !== 'agents' || estAgent(call, motif.secteur)
}

export async function creerMotif(champs: z.output<typeof CreerMotif.params>, call: Call): Promise<Motif> {
  const origin = call.origin(agentDe(call, champs.secteur))
  const motif: Motif = { id: randomUUID(), ...champs, actif: true, version: 1 }
  await store.enregistrerMotif(call.db.sql, motif, origin)
  call.db.committed.notify()
  return motif
}

export async function modifierMotif(
  { id, siVersion, ...champs }: z.output<typeof ModifierMotif.params>,
  call: Call,
): Promise<Motif> {
  for (let essai = 0; essai < 5; essai++) {
    const motif = await lireMotif({ id }, call)
    if (!estAgent(call, motif.secteur)) throw new Refusal('introuvable')
    const origin = call.origin(agentDe(call, motif.secteur))
    if (siVersion !== undefined && siVersion !== motif.version) throw new Refusal('modifie-entre-temps')
    const suivant: Motif = { ...motif, ...presents(champs), version: motif.version + 1 }
    if (await store.enregistrerMotif(call.db.sql, suivant, origin)) {
      call.db.committed.notify()
      return suivant
    }
  }
  throw new Refusal('service-indisponible')
}

/** The fields that were given; the others stay as they are. */
export function presents<T extends object>(champs: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(champs).filter(([, valeur]) => valeur !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
