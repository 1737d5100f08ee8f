import { SignalementPublie } from '../../contracts/signalements-evenements.ts'
import { reaction } from '../../infra/subscriptions.ts'
import * as store from './store.ts'

/** Makes public the photos that an agent released, and takes back those of the same report that are so no more. */
export const onSignalementPublie = reaction(
  'documents.on-signalement-publie',
  [SignalementPublie],
  async ({ subject, data }, { sql, now, consumer }) => {
    const signalementId = subject.slice('signalement/'.length)
    const origin = { source: 'documents', actor: { kind: 'systeme', id: consumer }, time: now() } as const
    const publies = await store.lirePublies(sql, signalementId)
    const documents = await store.verrouillerDocuments(sql, [...new Set([...publies, ...data.photos])])
    for (const document of documents) {
      const publique = data.photos.includes(document.id)
      if (publique !== (document.publiePour !== null))
        await store.publierDocument(sql, document, { signalementId, publique }, origin)
    }
  },
)
