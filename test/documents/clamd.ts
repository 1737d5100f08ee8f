import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { clamd } from '../../services/documents/clamd.ts'
import { eicar } from '../../services/documents/eicar.ts'
import { freePort } from '../demo/sign-in.ts'
import { eventually } from '../support/eventually.ts'

/** Where Debian and others install it. */
export const binaire = ['/usr/sbin/clamd', '/usr/bin/clamd', '/usr/local/sbin/clamd'].find((path) =>
  existsSync(path),
)

export interface VraiClamd {
  readonly tcp: string
  readonly unix: string
  stop(): Promise<void>
}

/** A real clamd, which knows one virus, the test one, and takes 1 MB at most. */
export async function startClamd(): Promise<VraiClamd> {
  const dossier = await mkdtemp(join(tmpdir(), 'guichet-clamd-'))
  await chmod(dossier, 0o755)
  const port = await freePort()
  const prise = join(dossier, 'clamd.sock')
  // Name:target type:offset:signature. Any file, anywhere.
  await writeFile(join(dossier, 'essai.ndb'), `Eicar-Essai:0:*:${eicar.toString('hex')}\n`)
  await writeFile(
    join(dossier, 'clamd.conf'),
    [
      `DatabaseDirectory ${dossier}`,
      `LocalSocket ${prise}`,
      `TCPSocket ${port}`,
      'TCPAddr 127.0.0.1',
      'Foreground yes',
      'StreamMaxLength 1M',
      `TemporaryDirectory ${dossier}`,
      '',
    ].join('\n'),
  )
  const enfant = spawn(binaire!, ['--config-file', join(dossier, 'clamd.conf')], { stdio: 'pipe' })
  let sortie = ''
  enfant.stdout.on('data', (texte) => (sortie += texte))
  enfant.stderr.on('data', (texte) => (sortie += texte))
  const tcp = `tcp://127.0.0.1:${port}`
  const unix = `unix://${prise}`
  const muet = pino({ level: 'silent' })
  await eventually(async () => {
    if (enfant.exitCode !== null) throw new Error(`clamd ended:\n${sortie}`)
    await clamd(tcp, muet).version()
    await clamd(unix, muet).version()
  })
  return {
    tcp,
    unix,
    async stop() {
      if (enfant.exitCode === null) {
        const fini = once(enfant, 'exit')
        enfant.kill('SIGTERM')
        await fini
      }
      await rm(dossier, { recursive: true })
    },
  }
}

/** A server that takes the place of clamd and says what it is told to; `recu` is what it was sent. */
export async function startFaux(parler: (socket: Socket, recu: Buffer) => void) {
  const sockets = new Set<Socket>()
  const serveur = createServer((socket) => {
    sockets.add(socket)
    let recu = Buffer.alloc(0)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    socket.on('data', (octets: Buffer) => {
      recu = Buffer.concat([recu, octets])
      parler(socket, recu)
    })
  })
  await once(serveur.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `tcp://127.0.0.1:${(serveur.address() as AddressInfo).port}`,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => serveur.close(resolve))
    },
  }
}

/** Has the whole of a file come? It ends with a length of zero. */
export function estComplet(recu: Buffer): boolean {
  return recu.subarray(0, 10).toString() === 'zINSTREAM\0' && recu.subarray(-4).equals(Buffer.alloc(4))
}
