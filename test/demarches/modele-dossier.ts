import type { ActionDossier, MotifCorrection, SensDecision } from '../../contracts/demarches.ts'
import type { EtatDuDossier, Role } from '../../services/demarches/dossier.ts'
import type { Commande } from '../../services/demarches/transitions.ts'

/**
 * A model of the procedure, written apart from the code as tables of what a person may do and a few flags. When
 * the two differ, one of them is wrong about the procedure.
 */
export interface Modele {
  etat: EtatDuDossier['etat']
  ouvertes: Set<string>
  interrompue: boolean
  horloge: boolean
  version: number
}

export const permises: Record<EtatDuDossier['etat'], Record<Role, readonly ActionDossier[]>> = {
  brouillon: { usager: ['modifier', 'deposer'], agent: [] },
  en_construction: {
    usager: ['envoyer_message'],
    agent: ['instruire', 'demander_correction', 'envoyer_message'],
  },
  en_instruction: {
    usager: ['envoyer_message'],
    agent: ['demander_correction', 'envoyer_message', 'decider'],
  },
  accepte: { usager: ['envoyer_message'], agent: ['envoyer_message', 'rouvrir'] },
  refuse: { usager: ['envoyer_message'], agent: ['envoyer_message', 'rouvrir'] },
  sans_suite: { usager: ['envoyer_message'], agent: ['envoyer_message', 'rouvrir'] },
}

export function permisesDansLeModele(modele: Modele, role: Role): ActionDossier[] {
  const actions = [...permises[modele.etat][role]]
  if (role === 'usager' && modele.ouvertes.size > 0) actions.push('modifier')
  return actions.toSorted()
}

/** One step of a life: a person orders, the legal clock fires, days go by. */
export type Pas =
  | {
      qui: 'personne'
      role: Role
      action: ActionDossier
      /** Instead of that role and action, one that the model permits, so that lives go far. */
      permise: number | null
      reponse: number | null
      sens: SensDecision
      motif: MotifCorrection
    }
  | { qui: 'horloge'; rappel: 14 | 3 | null }
  | { qui: 'temps'; jours: number }

export function choisir(
  modele: Modele,
  unPas: Extract<Pas, { qui: 'personne' }>,
): { role: Role; action: ActionDossier } {
  if (unPas.permise === null) return unPas
  const toutes = (['usager', 'agent'] as const).flatMap((role) =>
    permisesDansLeModele(modele, role).map((action) => ({ role, action })),
  )
  return toutes[unPas.permise % toutes.length] ?? unPas
}

/** What the procedure says becomes of a dossier, and the event that tells it. */
export function suivreDansLeModele(modele: Modele, commande: Commande): string {
  switch (commande.type) {
    case 'modifier':
      return 'modifie'
    case 'deposer':
      modele.etat = 'en_construction'
      modele.horloge = true
      return 'depose'
    case 'instruire':
      modele.etat = 'en_instruction'
      modele.ouvertes.clear()
      modele.interrompue = false
      return 'pris-en-instruction'
    case 'demander_correction':
      modele.interrompue ||= modele.etat === 'en_instruction'
      modele.etat = 'en_construction'
      modele.ouvertes.add(commande.correctionId)
      return 'correction-demandee'
    case 'envoyer_message':
      if (commande.correctionId === undefined) return 'message-envoye'
      modele.ouvertes.delete(commande.correctionId)
      if (modele.ouvertes.size === 0 && modele.interrompue) {
        modele.etat = 'en_instruction'
        modele.interrompue = false
      }
      return 'correction-resolue'
    case 'decider':
      modele.etat = commande.sens
      modele.horloge = false
      return 'decide'
    case 'rouvrir':
      modele.etat = 'en_instruction'
      return 'rouvert'
  }
}
