import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Document } from '../../contracts/documents.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Secteur } from '../../contracts/principal.ts'
import type { Origin } from '../../infra/event-log.ts'
import { bodyHash, once } from '../../infra/idempotency.ts'
import type { Ground } from '../../infra/service.ts'
import { reconnaitre } from './contenu.ts'
import { type DocumentEnregistre, vueDocument } from './document.ts'
import {
  dossierDesArrivees,
  cheminDuFichier,
  jeter,
  racineDesFichiers,
  ranger,
  recevoir,
} from './fichiers.ts'
import * as store from './store.ts'

/** What an upload ticket stands for: who may add what, settled when it was issued. */
export interface Depot {
  readonly usagerId: string | null
  readonly secteur: Secteur
  readonly nom: string
  readonly emisPar: 'usager' | 'agent'
  /** Its time and the body of its idempotency key are known only once the bytes are there. */
  readonly origin: Origin
}

/**
 * Stores the bytes as a new document: file first, then row and event in one statement. Whatever happens, there
 * is never a row without its file; a file without a row is swept a day later.
 * @throws Refusal `fichier-refuse`, `corps-trop-grand`, `cle-idempotence-reutilisee`; whatever `octets` throws
 */
export async function recevoirFichier(
  ground: Ground,
  depot: Depot,
  octets: AsyncIterable<Uint8Array>,
): Promise<Document> {
  const racine = racineDesFichiers(ground.config)
  const id = randomUUID()
  const fichier = await prendrePlace(racine, id, octets)
  const { usagerId, secteur, nom, emisPar } = depot
  const document: DocumentEnregistre = {
    ...fichier,
    id,
    usagerId,
    secteur,
    nom,
    emisPar,
    statut: 'libre',
    dossierId: null,
    version: 1,
    creeLe: ground.now(),
    supprimeLe: null,
  }
  const key = depot.origin.idempotency?.key
  const idempotency = key ? { key, body: bodyHash(key, fichier.sha256) } : null
  try {
    const kept = await once(
      ground.db.sql,
      idempotency,
      async () => {
        await store.ajouterDocument(ground.db, document, {
          ...depot.origin,
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

async function prendrePlace(racine: string, id: string, octets: AsyncIterable<Uint8Array>) {
  const arrivee = join(dossierDesArrivees(racine), id)
  try {
    const { taille, sha256 } = await recevoir(arrivee, octets)
    const type = await chacunSonTour(async () => reconnaitre(await readFile(arrivee)))
    await ranger(racine, arrivee, id)
    return { type, taille, sha256 }
  } catch (error) {
    await jeter(arrivee)
    throw error
  }
}

/** The document of the first time; one sent to another sector or in another role was another request. */
async function relire(ground: Ground, depot: Depot, id: string): Promise<DocumentEnregistre> {
  const document = await store.lireDocument(ground.db.sql, id)
  if (!document || document.supprimeLe) throw new Refusal('introuvable')
  if (document.secteur === depot.secteur && document.emisPar === depot.emisPar) return document
  throw new Refusal('cle-idempotence-reutilisee')
}

let tour: Promise<unknown> = Promise.resolve()

/** One at a time: a check holds the whole file in memory, up to 25 MB. */
function chacunSonTour<T>(work: () => Promise<T>): Promise<T> {
  const resultat = tour.then(work, work)
  tour = resultat
  return resultat
}
