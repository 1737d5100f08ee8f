import { DocumentParu } from '../../contracts/documents.ts'
import { reaction } from '../../infra/subscriptions.ts'
import { lirePapier, publierPapier } from './store-papiers.ts'

const essais = 10

/** The file of a paper is public: now the paper appears with its session, here and by OParl. */
export const onDocumentParu = reaction(
  'agenda.on-document-paru',
  [DocumentParu],
  async (event, { sql, now, consumer }) => {
    const { papierId, type, taille, sha256 } = event.data
    const origin = { source: 'agenda', actor: { kind: 'systeme' as const, id: consumer }, time: now() }
    for (let essai = 0; essai < essais; essai++) {
      const papier = await lirePapier(sql, papierId)
      if (!papier || papier.publie) return // taken back before it appeared, or there already
      if (await publierPapier(sql, papier, { format: type, taille, sha256 }, origin)) return
    }
    throw new Error('the session of the paper never stands still') // the lane tries again
  },
)
