import type { z } from 'zod'
import type { Billet, OuvrirTeleversement } from '../../contracts/documents.ts'
import { Refusal } from '../../contracts/errors.ts'
import { personne } from '../../infra/access.ts'
import type { Call } from '../../infra/service.ts'
import { listenerOf } from './listener.ts'
import { nettoyerNom } from './nom-fichier.ts'

/** Changes nothing by itself: the request's idempotency key travels in the ticket and is spent with the bytes. */
export async function ouvrirTeleversement(
  { secteur, nom, emisPar }: z.output<typeof OuvrirTeleversement.params>,
  call: Call,
): Promise<z.output<typeof Billet>> {
  const { acteurId, agentDe, usagers } = personne(call.principal)
  if (emisPar === 'agent' && !agentDe.includes(secteur)) throw new Refusal('acces-refuse')
  const { url, depots, tours } = listenerOf(call.db)
  tours.admettre(acteurId)
  const { ticket, expires } = await depots.issue({
    compte: acteurId,
    usagerId: emisPar === 'usager' ? usagers[secteur] : null,
    secteur,
    nom: nettoyerNom(nom),
    emisPar,
    acteur: emisPar === 'usager' ? { kind: 'usager', id: usagers[secteur] } : { kind: 'agent', id: acteurId },
    cle: call.idempotency?.key.toString('hex') ?? null,
  })
  return { url: `${url}/depots/${ticket}`, expireLe: expires.toISOString() }
}
