import { randomUUID } from 'node:crypto'
import { SignalementAvance, SignalementRouvert } from '../../contracts/signalements-evenements.ts'
import { reaction } from '../../infra/subscriptions.ts'
import * as store from './store.ts'
import { abonner, avertir, lireSuiveurs } from './store-abonnements.ts'

/**
 * Tells each follower of a report of its step, in their own timeline. Of one that was closed as a duplicate, reporter
 * and followers follow the one that remains from now on.
 */
export const onSignalementAvance = reaction(
  'signalements.on-signalement-avance',
  [SignalementAvance, SignalementRouvert],
  async ({ subject, usager, data }, { sql, now, consumer }) => {
    const signalementId = subject.slice('signalement/'.length)
    const origin = { source: 'signalements', actor: { kind: 'systeme', id: consumer }, time: now() } as const
    const etape = 'etape' in data ? data.etape : 'rouvert'
    const suiveurs = await lireSuiveurs(sql, signalementId)
    // The reporter has the event itself in their timeline.
    for (const suiveur of suiveurs)
      if (suiveur.usagerId !== usager)
        await avertir(sql, suiveur, { signalementId, reference: data.reference, etape }, origin)
    if (!('doublonDe' in data) || data.doublonDe === null) return
    const restant = await store.lireSignalement(sql, { reference: data.doublonDe })
    if (!restant) throw new Error(`signalement ${data.doublonDe} is gone`)
    for (const usagerId of new Set([...(usager ? [usager] : []), ...suiveurs.map((un) => un.usagerId)]))
      if (usagerId !== restant.usagerId)
        await abonner(sql, restant, { id: randomUUID(), usagerId, origine: 'doublon' }, origin)
  },
)
