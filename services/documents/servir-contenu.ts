import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { Refusal } from '../../contracts/errors.ts'
import type { Ground } from '../../infra/service.ts'
import type { DocumentEnregistre } from './document.ts'
import { ouvrir, racineDesFichiers } from './fichiers.ts'
import { pieceJointeNommee } from './nom-fichier.ts'
import { dejaConnu, lirePlage } from './plage.ts'

/** What a reading ticket stands for: the document, seen by someone who may. It survives JSON. */
export type Lecture = Pick<DocumentEnregistre, 'id' | 'nom' | 'type' | 'taille' | 'sha256'>

/**
 * Sends the bytes of a document, whole or one range of them, at the pace of who reads. The headers say: save it,
 * don't guess its type, don't run it, don't keep it in a cache.
 * @throws Refusal `plage-invalide`, `Content-Range` set
 */
export async function servirContenu(
  ground: Ground,
  document: Lecture,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { headers } = request
  const etag = `"${document.sha256}"`
  response.setHeader('ETag', etag)
  response.setHeader('Cache-Control', 'private, no-store')
  if (dejaConnu(headers['if-none-match'], etag)) {
    response.writeHead(304).end()
    return
  }
  const plage = plageDemandee(request, etag, document.taille)
  if (plage === 'invalide') {
    response.setHeader('Content-Range', `bytes */${document.taille}`)
    throw new Refusal('plage-invalide')
  }
  await using fichier = await ouvrir(racineDesFichiers(ground.config), document)
  const { debut, fin } = plage ?? { debut: 0, fin: document.taille - 1 }
  response.writeHead(plage ? 206 : 200, {
    'Content-Type': document.type,
    'Content-Length': fin - debut + 1,
    ...(plage && { 'Content-Range': `bytes ${debut}-${fin}/${document.taille}` }),
    'Accept-Ranges': 'bytes',
    'Content-Disposition': pieceJointeNommee(document.nom, document.type),
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "sandbox; default-src 'none'",
  })
  if (request.method === 'HEAD') response.end()
  else await pipeline(fichier.createReadStream({ start: debut, end: fin, autoClose: false }), response)
}

/** A range counts only for GET, and under `If-Range` only when the reader's first part is of this very content. */
function plageDemandee({ method, headers }: IncomingMessage, etag: string, taille: number) {
  const si = headers['if-range']
  if (method !== 'GET' || (si !== undefined && si !== etag)) return null
  return lirePlage(headers.range, taille)
}
