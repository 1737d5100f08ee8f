import { PapierDepose } from '../../contracts/conseils.ts'
import { Refusal } from '../../contracts/errors.ts'
import { reaction } from '../../infra/subscriptions.ts'
import * as store from './store.ts'

/**
 * Makes the paper of a council session public, and says so.
 * @throws Refusal `piece-inconnue` (the lane stops) when the document is gone, was not issued by that sector, or has
 * another use already: nothing becomes public that was somebody's
 */
export const onPapierDepose = reaction(
  'documents.on-papier-depose',
  [PapierDepose],
  async (event, { sql, now, consumer }) => {
    const { documentId, papierId, secteur } = event.data
    const [document] = await store.verrouillerDocuments(sql, [documentId])
    if (!document || document.secteur !== secteur || document.emisPar !== 'agent')
      throw new Refusal('piece-inconnue')
    if (document.statut === 'publie') return
    if (document.statut !== 'libre') throw new Refusal('piece-inconnue')
    // As with a decision: deleted while it was being published, it comes back.
    await store.faireParaitreDocument(
      sql,
      document,
      { seanceId: event.subject.slice('seance/'.length), papierId },
      { source: 'documents', actor: { kind: 'systeme', id: consumer }, time: now() },
    )
  },
)
