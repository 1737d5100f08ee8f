import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import {
  type AnnoncerConseil,
  type ListerConseils,
  type ModifierConseil,
  type PublierPapier,
  type RetirerConseil,
  type RetirerPapier,
  type Seance,
  secteurDuConseil,
} from '../../contracts/conseils.ts'
import { VerifierPieces } from '../../contracts/documents.ts'
import { Refusal } from '../../contracts/errors.ts'
import { decodeCursor, encodeCursor } from '../../infra/cursor.ts'
import { violates } from '../../infra/db.ts'
import type { Call } from '../../infra/service.ts'
import { agentDe } from './acteur.ts'
import { CurseurDebut } from './gerer-evenement.ts'
import { presents } from './gerer-motif.ts'
import { refuserChamp } from './champs.ts'
import * as papiers from './store-papiers.ts'
import * as store from './store-publications.ts'

const essais = 10

export async function listerConseils(
  { apres, limite }: z.output<typeof ListerConseils.params>,
  call: Call,
): Promise<z.output<typeof ListerConseils.returns>> {
  const [debut, id] = apres ? decodeCursor(apres, CurseurDebut) : []
  const lues = await store.listerSeances(call.db.sql, {
    apres: debut && id ? { debut: new Date(debut).toISOString(), id } : null,
    limite: limite + 1,
  })
  const derniere = lues[limite - 1]
  return {
    elements: lues.slice(0, limite).map(vueSeance),
    suivant: lues.length > limite && derniere ? encodeCursor([derniere.debut, derniere.id]) : null,
  }
}

export async function lireConseil({ id }: { id: string }, call: Call): Promise<Seance> {
  return vueSeance(await seanceAnnoncee(call, id))
}

async function seanceAnnoncee(call: Call, id: string): Promise<store.SeanceLue> {
  const seance = await store.lireSeance(call.db.sql, id)
  if (!seance || seance.retiree) throw new Refusal('introuvable')
  return seance
}

function vueSeance({
  points,
  retiree: _,
  enAttente: __,
  papiersRetires: ___,
  ...seance
}: store.SeanceLue): Seance {
  return {
    ...seance,
    points: points
      .filter((point) => !point.retire)
      .map(({ id, numero, titre, resultat }) => ({ id, numero, titre, resultat })),
  }
}

type PointDit = { id?: string | undefined; numero: string; titre: string; resultat: string | null }

/** The agenda as it was said; a point that was there keeps its identity. */
function pointsDits(
  dits: readonly PointDit[],
  connus: ReadonlySet<string>,
  le: string,
): store.SeanceLue['points'] {
  const vus = new Set<string>()
  return dits.map(({ id = randomUUID(), numero, titre, resultat }, n) => {
    if (dits[n]!.id !== undefined && (!connus.has(id) || vus.has(id)))
      refuserChamp(`/points/${n}/id`, 'Ce point n’est pas de cette séance.')
    vus.add(id)
    return { id, numero, titre, resultat, retire: false, creeLe: le, modifieLe: le }
  })
}

export async function annoncerConseil(
  { points, ...champs }: z.output<typeof AnnoncerConseil.params>,
  call: Call,
): Promise<Seance> {
  const origin = call.origin(agentDe(call, secteurDuConseil))
  const le = origin.time.toISOString()
  const seance = verifiee({
    id: randomUUID(),
    ...champs,
    points: pointsDits(points, new Set(), le),
    papiers: [],
    papiersRetires: [],
    enAttente: 0,
    annulee: false,
    retiree: false,
    version: 1,
    creeLe: le,
    modifieLe: le,
  })
  await store.enregistrerSeance(call.db.sql, seance, origin)
  call.db.committed.notify()
  return vueSeance(seance)
}

export async function modifierConseil(
  { id, siVersion, points, ...champs }: z.output<typeof ModifierConseil.params>,
  call: Call,
): Promise<Seance> {
  return await changerSeance(call, { id, siVersion }, (seance, le) => {
    const presentes = seance.points.filter((point) => !point.retire)
    const suivants = points
      ? pointsDits(points, new Set(presentes.map((point) => point.id)), le)
      : seance.points
    const gardes = new Set(suivants.map((point) => point.id))
    if (seance.papiers.some(({ point }) => point !== null && !gardes.has(point)))
      refuserChamp('/points', 'Un point qui a des documents reste à l’ordre du jour.')
    return { ...seance, ...presents(champs), points: suivants }
  })
}

export async function retirerConseil(
  cible: z.output<typeof RetirerConseil.params>,
  call: Call,
): Promise<null> {
  await changerSeance(call, cible, (seance) => {
    if (seance.papiers.length + seance.enAttente > 0)
      throw new Refusal('transition-impossible', 'Cette séance a des documents: annulez-la.')
    return { ...seance, points: [], retiree: true }
  })
  return null
}

async function changerSeance(
  call: Call,
  { id, siVersion }: { id: string; siVersion?: number | undefined },
  decider: (seance: store.SeanceLue, le: string) => store.SeanceLue,
): Promise<Seance> {
  const origin = call.origin(agentDe(call, secteurDuConseil))
  for (let essai = 0; essai < essais; essai++) {
    const seance = await seanceAnnoncee(call, id)
    if (siVersion !== undefined && siVersion !== seance.version) throw new Refusal('modifie-entre-temps')
    const le = origin.time.toISOString()
    const suivante = verifiee({ ...decider(seance, le), version: seance.version + 1, modifieLe: le })
    if (await store.enregistrerSeance(call.db.sql, suivante, origin)) {
      call.db.committed.notify()
      return vueSeance(suivante)
    }
  }
  throw new Refusal('service-indisponible')
}

function verifiee(seance: store.SeanceLue): store.SeanceLue {
  const debut = new Date(seance.debut).toISOString()
  const fin = seance.fin === null ? null : new Date(seance.fin).toISOString()
  if (fin !== null && fin < debut) refuserChamp('/fin', 'La fin vient avant le début.')
  return { ...seance, debut, fin }
}

/** The paper appears when the documents service says that its file is public. */
export async function publierPapier(
  { id, ...papier }: z.output<typeof PublierPapier.params>,
  call: Call,
): Promise<Seance> {
  const origin = call.origin(agentDe(call, secteurDuConseil))
  for (let essai = 0; essai < essais; essai++) {
    const seance = await seanceAnnoncee(call, id)
    if (papier.point !== null && !seance.points.some((point) => point.id === papier.point && !point.retire))
      refuserChamp('/point', 'Ce point n’est pas de cette séance.')
    const { inconnus } = await call.call(VerifierPieces, {
      secteur: secteurDuConseil,
      documentIds: [papier.documentId],
      emisPar: 'agent',
    })
    if (inconnus.length > 0)
      refuserDocument(
        'Ce document n’a pas été émis par le service du conseil: téléversez-le avec emisPar=agent.',
      )
    try {
      const nouveau = { id: randomUUID(), seance: id, ...papier }
      if (await papiers.ajouterPapier(call.db.sql, nouveau, seance, origin)) {
        call.db.committed.notify()
        return await lireConseil({ id }, call)
      }
    } catch (error) {
      if (!violates(error, 'papier_document')) throw error
      refuserDocument('Ce document est, ou a été, publié avec une séance: téléversez-le à nouveau.')
    }
  }
  throw new Refusal('service-indisponible')
}

/** The documents service closes its file to the public when it hears of it. */
export async function retirerPapier(
  { id }: z.output<typeof RetirerPapier.params>,
  call: Call,
): Promise<null> {
  const origin = call.origin(agentDe(call, secteurDuConseil))
  for (let essai = 0; essai < essais; essai++) {
    const papier = await papiers.lirePapier(call.db.sql, id)
    if (!papier) throw new Refusal('introuvable')
    if (await papiers.retirerPapier(call.db.sql, papier, origin)) {
      call.db.committed.notify()
      return null
    }
  }
  throw new Refusal('service-indisponible')
}

function refuserDocument(message: string): never {
  throw new Refusal('piece-inconnue', undefined, { erreurs: [{ pointeur: '/documentId', message }] })
}
