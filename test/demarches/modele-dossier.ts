import type { ActionDossier, MotifCorrection, SensDecision, Silence } from '../../contracts/demarches.ts'
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
      /** Which of the acts that the model permits. */
      choix: number
      reponse: number | null
      sens: SensDecision
      motif: MotifCorrection
    }
  | {
      qui: 'horloge'
      rappel: 14 | 3 | null
      /** Time goes first to this many days before the legal day. */
      avant: number | null
    }
  | { qui: 'temps'; jours: number }

/** Whether the legal clock has something to say, `restants` days before the legal day of a running clock. */
export function horlogeParle(rappel: 14 | 3 | null, restants: number, silence: Silence): boolean {
  switch (rappel) {
    case null:
      return silence !== 'aucun' && restants <= 0
    case 14:
      return restants >= 4 && restants <= 14
    case 3:
      return restants >= 1 && restants <= 3
  }
}

/** One of the acts that the model permits now. */
export function choisir(modele: Modele, choix: number): { role: Role; action: ActionDossier } {
  const toutes = (['usager', 'agent'] as const).flatMap((role) =>
    permisesDansLeModele(modele, role).map((action) => ({ role, action })),
  )
  const choisie = toutes[choix % toutes.length]
  if (!choisie) throw new Error(`nothing can be done in ${modele.etat}`)
  return choisie
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
