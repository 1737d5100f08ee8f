import { randomUUID } from 'node:crypto'
import type { Demarche } from '../../contracts/demarches.ts'
import { Refusal } from '../../contracts/errors.ts'
import { demarche as demarcheDuCatalogue } from '../../services/demarches/catalogue.ts'
import type { EtatDuDossier, Role } from '../../services/demarches/dossier.ts'
import { type Commande, creer, executer } from '../../services/demarches/transitions.ts'
import { formulairesValides } from './exemples.ts'

export const stationnement = demarcheDuCatalogue('stationnement-residentiel') as Demarche
export const formulaire = formulairesValides['stationnement-residentiel'] as Record<string, unknown>
export const pieces = [{ piece: 'justificatif-domicile', documentId: randomUUID() }]
export const correctionId = randomUUID()
export const messageId = randomUUID()

/** Noon in Paris, in winter. */
export const aMidi = (jour: string) => new Date(`${jour}T11:00:00Z`)

export function brouillon(changements: Partial<EtatDuDossier> = {}): EtatDuDossier {
  const nouveau = { id: randomUUID(), reference: '333-333-333', usagerId: randomUUID(), formulaire, pieces }
  const contexte = { demarche: stationnement, maintenant: aMidi('2026-03-01') }
  return { ...creer(nouveau, contexte).etat, ...changements }
}

export function faire(
  dossier: EtatDuDossier,
  jour: string,
  role: Role,
  commande: Commande,
  autre: { siVersion?: number; demarche?: Demarche } = {},
) {
  return executer(dossier, commande, { demarche: stationnement, maintenant: aMidi(jour), role, ...autre })
}

/** Deposited on 10 March: silence rejects on 11 May. */
export const depose = () => faire(brouillon(), '2026-03-10', 'usager', { type: 'deposer' }).etat
export const instruit = () => faire(depose(), '2026-03-12', 'agent', { type: 'instruire' }).etat
export const decide = () =>
  faire(instruit(), '2026-03-15', 'agent', { type: 'decider', sens: 'refuse', motivation: 'Hors zone.' }).etat
export const demander = (id = correctionId): Commande => ({
  type: 'demander_correction',
  motif: 'incorrect',
  texte: 'Le justificatif est illisible.',
  correctionId: id,
  messageId,
})
export const repondre = (id = correctionId): Commande => ({
  type: 'envoyer_message',
  texte: 'Le voici.',
  messageId,
  correctionId: id,
})

export function refusDe(action: () => unknown): Refusal {
  try {
    action()
  } catch (erreur) {
    if (erreur instanceof Refusal) return erreur
    throw erreur
  }
  throw new Error('nothing was refused')
}
