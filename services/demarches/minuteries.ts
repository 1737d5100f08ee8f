import type { Queryable } from '../../infra/db.ts'
import type { Timer } from '../../infra/timers.ts'
import type { Actor } from '../../contracts/principal.ts'
import { demarcheDe } from './definitions.ts'
import type { Contexte, EtatDuDossier, Resultat } from './dossier.ts'
import { ajouterJours, debutDuJour } from '../../infra/calendrier.ts'
import { joursDeRappel } from './horloge.ts'
import { texteCherchable } from './recherche.ts'
import { deciderImplicitement, rappelerEcheance } from './silence.ts'
import { enregistrer, lireDossier } from './store.ts'

const decision = 'demarches.decision-implicite'
const horloge: Actor = { kind: 'horloge', id: null }

const rappel = (jours: number) => `demarches.rappel-${jours}`

/**
 * The timers that a dossier needs from now on: at 00:00 in Paris of the legal day the implicit decision, and
 * 14 and 3 days before a reminder. Null disarms: no clock, or one that waits for the usager.
 */
export function minuteries(
  dossier: EtatDuDossier,
  { demarche, maintenant }: Contexte,
): Record<string, Date | null> {
  if (dossier.deposeLe === null) return {}
  const fin = dossier.suspendue ? null : dossier.echeanceLe
  const aVenir = (instant: Date) => (instant > maintenant ? instant : null)
  const silencieuse = demarche.horloge.silence === 'aucun'
  return {
    [decision]: fin && !silencieuse ? debutDuJour(fin) : null,
    ...Object.fromEntries(
      joursDeRappel.map((jours) => [
        rappel(jours),
        fin ? aVenir(debutDuJour(ajouterJours(fin, -jours))) : null,
      ]),
    ),
  }
}

/** Stores what the passing of time decides about a dossier; false when somebody else was faster. */
export async function enregistrerDecisionDuTemps(
  sql: Queryable,
  resultat: Resultat,
  contexte: Contexte,
): Promise<boolean> {
  const origin = { source: 'demarches', actor: horloge, time: contexte.maintenant }
  const suite = resultat.etat.decision ? minuteries(resultat.etat, contexte) : {}
  return await enregistrer(sql, resultat, origin, suite, texteCherchable(resultat.etat.formulaire))
}

function minuterie(
  name: string,
  decider: (dossier: EtatDuDossier, contexte: Contexte) => Resultat | null,
): Timer {
  return {
    name,
    async fire(dossierId, { sql, now }) {
      for (;;) {
        const dossier = await lireDossier(sql, dossierId)
        if (!dossier) throw new Error(`dossier ${dossierId} is gone`)
        const contexte = { demarche: await demarcheDe(sql, dossier), maintenant: now() }
        const resultat = decider(dossier, contexte)
        if (!resultat || (await enregistrerDecisionDuTemps(sql, resultat, contexte))) return
      }
    },
  }
}

export const minuteriesDesDossiers: readonly Timer[] = [
  minuterie(decision, deciderImplicitement),
  ...joursDeRappel.map((jours) =>
    minuterie(rappel(jours), (dossier, contexte) => rappelerEcheance(dossier, jours, contexte)),
  ),
]
