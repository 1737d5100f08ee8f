import { SignalementEcheanceDepassee } from '../../contracts/signalements-evenements.ts'
import { ajouterJours, debutDuJour, jourDeParis } from '../../infra/calendrier.ts'
import { envoyerCourriel } from '../../infra/courriel.ts'
import type { Timer } from '../../infra/timers.ts'
import { courrielDeConfirmation } from './courriel-de-confirmation.ts'
import { jetonDe } from './jeton.ts'
import { avancer, type EtatDuSignalement, type Resultat, surSignalement } from './signalement.ts'
import { enregistrer, lireSecret, lireSignalement, oublier } from './store.ts'

const retard = 'signalements.echeance'
const lien = 'signalements.lien'
const oubli = 'signalements.oubli'

/** For so long a link can be followed. */
export const heuresPourConfirmer = 48

/** The timers that a report needs from now on: when its last day is over, that is told. Null disarms. */
export function minuteries({
  echeanceLe,
}: Pick<EtatDuSignalement, 'echeanceLe'>): Record<string, Date | null> {
  return { [retard]: echeanceLe === null ? null : debutDuJour(ajouterJours(echeanceLe, 1)) }
}

/** Those of a new one: what waits to be confirmed is sent its link at once, and forgotten after two days. */
export function minuteriesALaCreation(signalement: EtatDuSignalement): Record<string, Date | null> {
  if (signalement.etat !== 'a_confirmer') return minuteries(signalement)
  const creeLe = new Date(signalement.creeLe)
  return {
    [lien]: creeLe,
    [oubli]: new Date(creeLe.getTime() + heuresPourConfirmer * 3_600_000),
  }
}

export function minuteriesApresConfirmation(signalement: EtatDuSignalement): Record<string, Date | null> {
  return { ...minuteries(signalement), [lien]: null, [oubli]: null }
}

/** The period has passed. null when that is not so (any more): it was closed, or reopened with a new one. */
export function constaterRetard(signalement: EtatDuSignalement, maintenant: Date): Resultat | null {
  const { echeanceLe } = signalement
  if (echeanceLe === null || jourDeParis(maintenant) <= echeanceLe) return null
  const etat = avancer(signalement, maintenant, {})
  return {
    etat,
    evenement: { contract: SignalementEcheanceDepassee, data: { ...surSignalement(etat), echeanceLe } },
  }
}

const origine = (time: Date) =>
  ({ source: 'signalements', actor: { kind: 'horloge', id: null }, time }) as const

export const minuteriesDesSignalements: readonly Timer[] = [
  {
    name: retard,
    async fire(id, { sql, now }) {
      for (;;) {
        const signalement = await lireSignalement(sql, { id })
        if (!signalement) throw new Error(`signalement ${id} is gone`)
        const resultat = constaterRetard(signalement, now())
        if (!resultat || (await enregistrer(sql, resultat, origine(now()), {}))) return
      }
    },
  },
  {
    name: lien,
    // A timer and no reaction: mails go one by one, each in a transaction of its own, and one that is not taken is
    // tried again, then a dead letter that an administrator restarts.
    async fire(id, { sql, config }) {
      const signalement = await lireSignalement(sql, { id })
      const a = signalement?.contact?.courriel
      if (signalement?.etat !== 'a_confirmer' || a === undefined) return
      const jeton = jetonDe(await lireSecret(sql), id)
      await envoyerCourriel(
        config,
        courrielDeConfirmation(signalement, { a, jeton, publicUrl: config.publicUrl }),
      )
    },
  },
  {
    name: oubli,
    async fire(id, { sql, now }) {
      const signalement = await lireSignalement(sql, { id })
      if (signalement?.etat === 'a_confirmer') await oublier(sql, signalement, origine(now()))
    },
  },
]
