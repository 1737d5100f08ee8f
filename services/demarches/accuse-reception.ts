import type { z } from 'zod'
import type { AccuseReception, Demarche } from '../../contracts/demarches.ts'
import type { Secteur } from '../../contracts/principal.ts'
import { debutDuJour, jourDeParis } from '../../infra/calendrier.ts'
import { typeset } from '../../infra/typography.ts'
import { echeance } from './horloge.ts'

const serviceDuSecteur: Record<Secteur, string> = {
  'etat-civil': 'le service de l’état civil et des élections',
  education: 'le service de la vie scolaire',
  'espace-public': 'le service de l’espace public',
  solidarites: 'le centre communal d’action sociale',
  'vie-municipale': 'le secrétariat du conseil municipal',
}

const adresse = 'Hôtel de ville, place du 11-Novembre-1918, 92240 Malakoff'
const telephone = '01 47 46 75 00'

/**
 * The acknowledgement of a deposit (CRPA L112-3, R112-5): when it was received, who handles it, what silence
 * means and on which day, the remedies. It tells the day as it stood at the deposit; a correction moves the
 * clock, not the acknowledgement.
 */
export function accuseReception(
  demarche: Demarche,
  { reference, deposeLe }: { reference: string; deposeLe: string },
): z.infer<typeof AccuseReception> {
  const recuLe = new Date(deposeLe)
  const jour = jourDeParis(recuLe)
  const { silence } = demarche.horloge
  const { echeanceLe } = echeance({
    regle: demarche.horloge,
    deposeLe: jour,
    corrections: [],
    aujourdhui: jour,
  })
  const texte = [
    `La Ville de Malakoff a reçu le ${enToutesLettres(recuLe)} votre demande « ${demarche.titre} », référence ${reference}.`,
    `Votre dossier est suivi par ${serviceDuSecteur[demarche.secteur]}, ${adresse}, téléphone ${telephone}.`,
    ...phrasesDuSilence(silence, enToutesLettres(debutDuJour(echeanceLe))),
    demarche.recours,
  ].join('\n\n')
  return {
    deposeLe,
    silence,
    decisionImpliciteLe: silence === 'aucun' ? null : echeanceLe,
    texte: typeset(texte),
    recours: typeset(demarche.recours),
  }
}

function phrasesDuSilence(silence: Demarche['horloge']['silence'], jour: string): string[] {
  const report =
    'Si nous vous demandons de compléter ou de corriger votre dossier, cette date sera repoussée.'
  switch (silence) {
    case 'acceptation':
      return [
        `Si nous ne vous avons pas répondu avant le ${jour}, votre demande sera acceptée ce jour-là (décision implicite d’acceptation). Vous pourrez alors en demander une attestation (article L232-3 du code des relations entre le public et l’administration).`,
        report,
      ]
    case 'rejet':
      return [
        `Si nous ne vous avons pas répondu avant le ${jour}, votre demande sera rejetée ce jour-là (décision implicite de rejet).`,
        report,
      ]
    case 'aucun':
      return [
        `Nous prévoyons de vous répondre avant le ${jour}. Passé ce jour, notre silence ne vaut ni acceptation ni rejet de votre demande.`,
      ]
  }
}

const dateEnFrancais = new Intl.DateTimeFormat('fr-FR', {
  timeZone: 'Europe/Paris',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
})

/** The day in Paris: « 1er mars 2026 ». */
function enToutesLettres(instant: Date): string {
  return dateEnFrancais.format(instant).replace(/^1 /, '1er ')
}
