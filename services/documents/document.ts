import type { Document, TypeDocument } from '../../contracts/documents.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Principal, Secteur } from '../../contracts/principal.ts'
import { roleToward } from '../../infra/access.ts'

/** A document as it is stored; its bytes lie in the file of the same id. `version` is the sequence of its last event. */
export interface DocumentEnregistre {
  readonly id: string
  /** The owner, under the identifier of the sector; null for a document of the administration not yet handed over. */
  readonly usagerId: string | null
  readonly secteur: Secteur
  readonly nom: string
  readonly type: TypeDocument
  /** Bytes. */
  readonly taille: number
  readonly sha256: string
  readonly statut: Document['statut']
  readonly emisPar: 'usager' | 'agent'
  readonly dossierId: string | null
  /** The report that it is a photo of. */
  readonly signalementId: string | null
  /** The report with which everybody may see it. */
  readonly publiePour: string | null
  readonly version: number
  readonly creeLe: Date
  /** Soft deletion; row and file are erased a day later. */
  readonly supprimeLe: Date | null
}

/**
 * The document, for who may see it: its owner; an agent of the sector once it is filed or when the sector
 * itself issued it. For everyone else it does not exist.
 * @throws Refusal `introuvable`
 */
export function visible(document: DocumentEnregistre | null, principal: Principal): DocumentEnregistre {
  if (!document || document.supprimeLe) throw new Refusal('introuvable')
  const role = roleToward(principal, document)
  const shared = document.statut !== 'libre' || document.emisPar === 'agent'
  if (role === 'usager' || (role === 'agent' && shared)) return document
  throw new Refusal('introuvable')
}

export function vueDocument(document: DocumentEnregistre): Document {
  return {
    id: document.id,
    nom: document.nom,
    type: document.type,
    taille: document.taille,
    sha256: document.sha256,
    secteur: document.secteur,
    statut: document.statut,
    dossierId: document.dossierId,
    signalementId: document.signalementId,
    public: document.publiePour !== null,
    creeLe: document.creeLe.toISOString(),
  }
}
