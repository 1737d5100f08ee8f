import { PapierDepose, PapierRetire } from '../../contracts/conseils-evenements.ts'
import { Refusal } from '../../contracts/errors.ts'
import { reaction } from '../../infra/subscriptions.ts'
import { verrouillerDocuments } from './store.ts'
import { depublierDocument, faireParaitreDocument, papierRetire } from './store-papiers.ts'

/**
 * Makes the paper of a council session public, or takes it back from the public, and says so. One reaction for both: what
 * befalls a session is done in its order.
 * @throws Refusal `piece-inconnue` (the lane stops) when the document is gone, was not issued by that sector, or has
 * another use already: nothing becomes public that was somebody's
 */
export const onPapierDepose = reaction(
  'documents.on-papier-depose',
  [PapierDepose, PapierRetire],
  async (event, { sql, now, consumer }) => {
    const { data, subject } = event
    const { documentId, papierId } = data
    const [document] = await verrouillerDocuments(sql, [documentId])
    const papier = { seanceId: subject.slice('seance/'.length), papierId }
    const origin = { source: 'documents', actor: { kind: 'systeme', id: consumer }, time: now() } as const
    const depose = 'secteur' in data
    if (!depose) {
      // Not public when it was taken back before it appeared.
      if (document?.statut === 'publie') await depublierDocument(sql, document, papier, origin)
      return
    }
    // Taken back already: it must not be public for a moment, nor come back if it was deleted meanwhile.
    if (await papierRetire(sql, papier)) return
    if (!document || document.secteur !== data.secteur || document.emisPar !== 'agent')
      throw new Refusal('piece-inconnue')
    if (document.statut === 'publie') return
    if (document.statut !== 'libre') throw new Refusal('piece-inconnue')
    // As with a decision: deleted while it was being published, it comes back.
    await faireParaitreDocument(sql, document, papier, origin)
  },
)
