import { Refusal } from '../../contracts/errors.ts'
import {
  AbonnementPhotosAjoutees,
  AbonnementPris,
  SignalementCree,
  SignalementPhotosAjoutees,
} from '../../contracts/signalements-evenements.ts'
import { reaction } from '../../infra/subscriptions.ts'
import * as store from './store.ts'

/**
 * Keeps the photos of a report with it, and shares them with the sector that handles it. One already kept, for this
 * report or for something else of the same person, is left as it is.
 * @throws Refusal `piece-inconnue` (the lane stops) when a document is gone or is not this person's
 */
export const onSignalementPhotos = reaction(
  'documents.on-signalement-photos',
  [SignalementCree, SignalementPhotosAjoutees, AbonnementPris, AbonnementPhotosAjoutees],
  async ({ subject, usager, data }, { sql, now, consumer }) => {
    if (data.photos.length === 0) return
    const signalementId = 'signalementId' in data ? data.signalementId : subject.slice('signalement/'.length)
    const documents = await store.verrouillerDocuments(sql, data.photos)
    for (const photo of data.photos) {
      const document = documents.find(({ id }) => id === photo)
      if (!document || usager === null || document.usagerId !== usager || document.emisPar !== 'usager')
        throw new Refusal('piece-inconnue')
      // As with a filed piece: deleted while the report was on its way, it comes back.
      if (document.statut === 'libre')
        await store.joindreDocument(sql, document, signalementId, {
          source: 'documents',
          actor: { kind: 'systeme', id: consumer },
          time: now(),
        })
    }
  },
)
