import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { FermerPlage, ListerPlages, OuvrirPlage, Plage } from '../../contracts/agenda.ts'
import { Id } from '../../contracts/define.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Secteur } from '../../contracts/principal.ts'
import { personne } from '../../infra/access.ts'
import { decodeCursor, encodeCursor } from '../../infra/cursor.ts'
import type { Call } from '../../infra/service.ts'
import { agentDe, estAgent } from './acteur.ts'
import { jourDeParis, joursEntre } from '../../infra/calendrier.ts'
import { refuserChamp } from './champs.ts'
import { estRepetition } from './recurrence.ts'
import * as store from './store-offre.ts'

/** The cursor of what is listed by its id. */
export const Curseur = z.tuple([Id])

export async function listerPlages(
  { apres, limite }: z.output<typeof ListerPlages.params>,
  call: Call,
): Promise<z.output<typeof ListerPlages.returns>> {
  const lues = await store.listerPlages(call.db.sql, {
    secteurs: personne(call.principal).agentDe,
    apres: apres ? decodeCursor(apres, Curseur)[0] : null,
    limite: limite + 1,
  })
  return pageDe(lues, limite)
}

/** A page of things that are listed by their id. */
export function pageDe<T extends { id: string }>(
  lus: T[],
  limite: number,
): { elements: T[]; suivant: string | null } {
  const dernier = lus[limite - 1]
  return {
    elements: lus.slice(0, limite),
    suivant: lus.length > limite && dernier ? encodeCursor([dernier.id]) : null,
  }
}

export async function lirePlage({ id }: { id: string }, call: Call): Promise<Plage> {
  const plage = await store.lirePlage(call.db.sql, id)
  if (!plage || !estAgent(call, plage.secteur)) throw new Refusal('introuvable')
  return plage
}

export async function ouvrirPlage(champs: z.output<typeof OuvrirPlage.params>, call: Call): Promise<Plage> {
  const { secteur, recurrence, premierJour, debut, fin } = champs
  const origin = call.origin(agentDe(call, secteur))
  if (fin <= debut) refuserChamp('/fin', 'La fin vient avant le début.')
  const ecart = joursEntre(jourDeParis(call.now()), premierJour)
  if (ecart < -366 || ecart > 5 * 366)
    refuserChamp('/premierJour', 'Choisissez un jour d’il y a un an au plus, à dans cinq ans au plus.')
  if (!estRepetition({ premierJour, recurrence }))
    refuserChamp('/recurrence', 'Cette récurrence n’a pas de sens, ou aucun jour.')
  const agentId = await agentQuiRecoit(call, secteur, champs.agentId)
  const lieu = await store.lireLieu(call.db.sql, champs.lieu)
  if (lieu?.secteur !== secteur) refuserChamp('/lieu', 'Ce lieu n’est pas de votre service.')
  const motifs = [...new Set(champs.motifs)]
  const connus = new Set(
    (await store.lireMotifs(call.db.sql, motifs))
      .filter((motif) => motif.secteur === secteur)
      .map(({ id }) => id),
  )
  const inconnu = champs.motifs.findIndex((motif) => !connus.has(motif))
  if (inconnu >= 0) refuserChamp(`/motifs/${inconnu}`, 'Ce motif n’est pas de votre service.')
  const plage: Plage = { ...champs, id: randomUUID(), agentId, motifs, version: 1 }
  await store.ajouterPlage(call.db.sql, plage, origin)
  call.db.committed.notify()
  return plage
}

/** The caller, or a colleague who receives in the sector already: nobody fills the days of another department. */
export async function agentQuiRecoit(
  call: Call,
  secteur: Secteur,
  demande: string | undefined,
): Promise<string> {
  const { acteurId } = personne(call.principal)
  if (demande === undefined || demande === acteurId) return acteurId
  if (!(await store.recoitDans(call.db.sql, demande, secteur)))
    refuserChamp(
      '/agentId',
      'Cet agent ne reçoit pas encore dans ce service: il ouvre lui-même sa première plage.',
    )
  return demande
}

export async function fermerPlage(
  { id, siVersion }: z.output<typeof FermerPlage.params>,
  call: Call,
): Promise<null> {
  const plage = await lirePlage({ id }, call)
  if (siVersion !== undefined && siVersion !== plage.version) throw new Refusal('modifie-entre-temps')
  if (!(await store.fermerPlage(call.db.sql, plage, call.origin(agentDe(call, plage.secteur)))))
    throw new Refusal('introuvable')
  call.db.committed.notify()
  return null
}
