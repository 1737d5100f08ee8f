import { SpanKind } from '@opentelemetry/api'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { Refusal } from '../../contracts/errors.ts'
import type { Logger } from '../../infra/log.ts'
import { inSpan } from '../../infra/telemetry.ts'
import { logicielMalveillant } from './eicar.ts'

/** An antivirus beside our own examination. */
export interface Antivirus {
  /**
   * Resolves when it has seen the whole file and found nothing.
   * @throws Refusal `fichier-refuse` when it found something, `service-indisponible` when it gave no verdict
   */
  analyser(fichier: string): Promise<void>
  /** Its version and the date of its signatures, as it writes them; throws when it does not answer. */
  version(): Promise<string>
}

const reponseMax = 4096

/**
 * ClamAV's daemon (clamd(8)), told by `INSTREAM`: the bytes travel, so it may run elsewhere and needs no right on
 * our files. Whatever is not its clear verdict (away, too slow, cut, over its own size limit, unintelligible) is
 * none, and the upload fails.
 * @param adresse `tcp://host:port` or `unix:///path`
 * @param delaiMs for all of one exchange
 */
export function clamd(adresse: string, log: Logger, delaiMs = 10_000): Antivirus {
  const ou = lireAdresse(adresse)
  const sansVerdict = (err: unknown) => {
    log.error({ err }, 'clamd gave no verdict')
    return new Refusal('service-indisponible', 'L’antivirus ne répond pas. Réessayez dans un instant.')
  }
  return {
    version: () => converser(ou, delaiMs, [Buffer.from('zVERSION\0')]),
    async analyser(fichier) {
      const verdict = await inSpan('clamd INSTREAM', { kind: SpanKind.CLIENT }, () =>
        converser(ou, delaiMs, instream(fichier)),
      ).catch((error: unknown) => Promise.reject(sansVerdict(error)))
      if (verdict === 'stream: OK') return
      const signature = /^stream: (.+) FOUND$/.exec(verdict)?.[1]
      if (signature === undefined) throw sansVerdict(new Error(`clamd answered ${verdict}`))
      log.warn({ signature }, 'clamd refused a file')
      throw logicielMalveillant()
    },
  }
}

function lireAdresse(adresse: string): NetConnectOpts {
  const { protocol, hostname, port, pathname } = new URL(adresse)
  if (protocol === 'unix:') return { path: decodeURIComponent(pathname) }
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 3310) }
}

/** The file in pieces, each after its length; an empty one ends it. */
async function* instream(fichier: string): AsyncIterable<Buffer> {
  yield Buffer.from('zINSTREAM\0')
  for await (const morceau of createReadStream(fichier) as AsyncIterable<Buffer>) {
    yield longueur(morceau.length)
    yield morceau
  }
  yield longueur(0)
}

function longueur(octets: number): Buffer {
  const mot = Buffer.alloc(4)
  mot.writeUInt32BE(octets)
  return mot
}

/** One command and its answer; an answer given before all was sent does not count. */
async function converser(
  ou: NetConnectOpts,
  delaiMs: number,
  commande: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<string> {
  const socket = connect({ ...ou, allowHalfOpen: true })
  const ferme = new AbortController()
  // What goes wrong is told to whoever reads or writes; after the answer it is nobody's concern.
  socket.on('error', () => {}).once('close', () => ferme.abort())
  const delai = setTimeout(() => socket.destroy(new Error('clamd did not answer in time')), delaiMs)
  let dit = false
  const dire = async () => {
    for await (const morceau of commande)
      if (!socket.write(morceau)) await once(socket, 'drain', { signal: ferme.signal })
    dit = true
  }
  const ecouter = async () => {
    const reponse = await lireReponse(socket)
    if (!dit) throw new Error(`clamd answered before it had heard all: ${reponse}`)
    return reponse
  }
  try {
    const [reponse] = await Promise.all([ecouter(), dire()])
    return reponse
  } finally {
    clearTimeout(delai)
    socket.destroy()
  }
}

async function lireReponse(socket: Socket): Promise<string> {
  let reponse = ''
  for await (const morceau of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    reponse += morceau.toString('latin1')
    const fin = reponse.indexOf('\0')
    if (fin >= 0) return reponse.slice(0, fin)
    if (reponse.length > reponseMax) throw new Error('clamd answered too much')
  }
  throw new Error('clamd closed the connection without an answer')
}
