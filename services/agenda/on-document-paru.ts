import { DocumentParu } from '../../contracts/documents.ts'
import { reaction } from '../../infra/subscriptions.ts'
import { lirePapierEnAttente, publierPapier } from './store-publications.ts'

/** The file of a paper is public: now the paper appears with its session, here and by OParl. */
export const onDocumentParu = reaction(
  'agenda.on-document-paru',
  [DocumentParu],
  async (event, { sql, now, consumer }) => {
    const { papierId, type, taille, sha256 } = event.data
    const papier = await lirePapierEnAttente(sql, papierId)
    if (!papier) return
    const origin = { source: 'agenda', actor: { kind: 'systeme' as const, id: consumer }, time: now() }
    await publierPapier(sql, papier, { format: type, taille, sha256 }, origin)
  },
)
