import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Document } from '../../contracts/documents.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Actor, Secteur } from '../../contracts/principal.ts'
import { bodyHash, once } from '../../infra/idempotency.ts'
import type { Ground } from '../../infra/service.ts'
import { type DocumentEnregistre, vueDocument } from './document.ts'
import {
  dossierDesArrivees,
  cheminDuFichier,
  jeter,
  manqueDePlace,
  racineDesFichiers,
  ranger,
  recevoir,
} from './fichiers.ts'
import { nomSelonContenu } from './nom-fichier.ts'
import * as store from './store.ts'
import type { Verification } from './verification.ts'

/** What an upload ticket stands for: who may add what, settled when it was issued. It survives JSON. */
export interface Depot {
  /** Whoever sends it, in whatever sector or role; never stored. */
  readonly compte: string
  readonly usagerId: string | null
  readonly secteur: Secteur
  readonly nom: string
  readonly emisPar: 'usager' | 'agent'
  readonly acteur: Actor
  /** The key of the request's idempotency, in hexadecimal; what it was used for is known once the bytes are there. */
  readonly cle: string | null
}

/**
 * Stores the bytes as a new document: file first, then row and event in one statement. Whatever happens, there
 * is never a row without its file; a file without a row is swept a day later. Until its verdict the file lies where
 * nothing reads, and there is no row to name it.
 * @throws Refusal `fichier-refuse`, `corps-trop-grand`, `cle-idempotence-reutilisee`, `service-indisponible` without
 * verdict or without space; whatever `octets` throws
 */
export async function recevoirFichier(
  ground: Ground,
  verification: Verification,
  depot: Depot,
  octets: AsyncIterable<Uint8Array>,
): Promise<Document> {
  const racine = racineDesFichiers(ground.config)
  const id = randomUUID()
  const { envoye, ...fichier } = await prendrePlace(
    ground,
    verification,
    { id, compte: depot.compte },
    octets,
  )
  const { usagerId, secteur, nom, emisPar } = depot
  const document: DocumentEnregistre = {
    ...fichier,
    id,
    usagerId,
    secteur,
    nom: nomSelonContenu(nom, fichier.type),
    emisPar,
    statut: 'libre',
    dossierId: null,
    signalementId: null,
    publiePour: null,
    version: 1,
    creeLe: ground.now(),
    supprimeLe: null,
  }
  const key = depot.cle === null ? null : Buffer.from(depot.cle, 'hex')
  // What was sent, not what is kept of it: the same request again is the same bytes again.
  const idempotency = key ? { key, body: bodyHash(key, envoye) } : null
  try {
    const kept = await once(
      ground.db.sql,
      idempotency,
      async () => {
        await store.ajouterDocument(ground.db, document, {
          source: 'documents',
          actor: depot.acteur,
          time: document.creeLe,
          idempotency,
        })
        return document
      },
      (earlier) => relire(ground, depot, earlier),
    )
    if (kept !== document) await jeter(cheminDuFichier(racine, id))
    return vueDocument(kept)
  } catch (error) {
    // After any other error the row may have been stored although nobody answered: the sweep will know.
    if (error instanceof Refusal) await jeter(cheminDuFichier(racine, id))
    throw error
  }
}

/** Type, size and SHA-256 of the file that took its place; `envoye` is the SHA-256 of what was sent. */
async function prendrePlace(
  { config, log }: Ground,
  verification: Verification,
  { id, compte }: { id: string; compte: string },
  octets: AsyncIterable<Uint8Array>,
) {
  const racine = racineDesFichiers(config)
  const arrivee = join(dossierDesArrivees(racine), id)
  const cible = `${arrivee}.propre`
  try {
    const recu = await recevoir(arrivee, octets)
    const { type, propre } = await verification.verifier({ fichier: arrivee, cible, compte })
    await ranger(racine, propre ? cible : arrivee, id)
    return { type, ...(propre ?? recu), envoye: recu.sha256 }
  } catch (error) {
    if (!manqueDePlace(error)) throw error
    log.error({ err: error }, 'no space is left for files: uploads are refused')
    throw new Refusal(
      'service-indisponible',
      'Il n’y a plus de place pour les fichiers. Réessayez plus tard.',
    )
  } finally {
    await Promise.all([jeter(arrivee), jeter(cible)])
  }
}

/** The document of the first time; one sent to another sector or in another role was another request. */
async function relire(ground: Ground, depot: Depot, id: string): Promise<DocumentEnregistre> {
  const document = await store.lireDocument(ground.db.sql, id)
  if (!document || document.supprimeLe) throw new Refusal('introuvable')
  if (document.secteur === depot.secteur && document.emisPar === depot.emisPar) return document
  throw new Refusal('cle-idempotence-reutilisee')
}
