import { DossierDecide } from '../../contracts/demarches.ts'
import { Refusal } from '../../contracts/errors.ts'
import { reaction } from '../../infra/subscriptions.ts'
import * as store from './store.ts'

/**
 * Hands the signed decision over to the usager of the dossier.
 * @throws Refusal `piece-inconnue` (the lane stops) when the document is gone, was not issued by that sector, or
 * already decides another dossier: nobody reads somebody else's decision
 */
export const onDossierDecide = reaction(
  'documents.on-dossier-decide',
  [DossierDecide],
  async (event, { sql, now, consumer }) => {
    const { documentId, secteur, reference } = event.data
    if (documentId === null) return
    const dossierId = event.subject.slice('dossier/'.length)
    const [document] = await store.verrouillerDocuments(sql, [documentId])
    if (!document || event.usager === null || document.secteur !== secteur || document.emisPar !== 'agent')
      throw new Refusal('piece-inconnue')
    if (document.statut === 'decision' && document.dossierId === dossierId) return
    if (document.statut !== 'libre') throw new Refusal('piece-inconnue')
    // As with a filed piece: deleted while the agent decided, it comes back.
    await store.remettreDocument(
      sql,
      document,
      { usagerId: event.usager, dossierId, reference },
      { source: 'documents', actor: { kind: 'systeme', id: consumer }, time: now() },
    )
  },
)
