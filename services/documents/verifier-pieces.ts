import type { z } from 'zod'
import type { VerifierPieces } from '../../contracts/documents.ts'
import type { Personne } from '../../contracts/principal.ts'
import { personne } from '../../infra/access.ts'
import type { Call } from '../../infra/service.ts'
import type { DocumentEnregistre } from './document.ts'
import * as store from './store.ts'

type Question = z.output<typeof VerifierPieces.params>

export async function verifierPieces(
  question: Question,
  call: Call,
): Promise<z.output<typeof VerifierPieces.returns>> {
  const appelant = personne(call.principal)
  const documents = await store.lireDocuments(call.db.sql, question.documentIds)
  const acceptes = new Set(documents.filter((d) => acceptable(d, question, appelant)).map((d) => d.id))
  const refuses = documents.filter((d) => !acceptes.has(d.id))
  return {
    inconnus: question.documentIds.filter((id) => !acceptes.has(id)),
    defauts: refuses.flatMap((d) => defautDe(d, question, appelant) ?? []),
  }
}

/** What is wrong with a paper of the caller's own; nothing of anybody else's is told. */
function defautDe(
  { id, usagerId, secteur, emisPar, type, supprimeLe }: DocumentEnregistre,
  question: Question,
  appelant: Personne,
): { id: string; defaut: 'type' | 'secteur' } | null {
  if (supprimeLe || question.emisPar !== 'usager' || emisPar !== 'usager') return null
  if (usagerId !== appelant.usagers[secteur]) return null
  if (question.images && type === 'application/pdf') return { id, defaut: 'type' }
  return secteur === question.secteur ? null : { id, defaut: 'secteur' }
}

/** An usager may give the same paper to several dossiers; a decision is handed over once. */
function acceptable(
  document: DocumentEnregistre,
  { secteur, emisPar, images }: Omit<Question, 'documentIds'>,
  appelant: Personne,
): boolean {
  if (document.supprimeLe || document.secteur !== secteur || document.emisPar !== emisPar) return false
  if (images && document.type === 'application/pdf') return false
  return emisPar === 'usager'
    ? document.usagerId === appelant.usagers[secteur]
    : appelant.agentDe.includes(secteur) && document.statut === 'libre'
}
