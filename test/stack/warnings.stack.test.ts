import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'nats'
import type { LogFields, Logger } from '../../infra/log.ts'
import { connectNats, natsLogin, warnOfStorage } from '../../infra/nats.ts'
import { requirePermissions } from '../../infra/nats/check.ts'
import { freePort } from '../demo/sign-in.ts'
import { type NatsServers, startNatsServers } from './nats-servers.ts'

const oldServer = process.env.NATS_OLD_SERVER
if (!oldServer)
  process.stderr.write('a NATS that is too old: skipped, NATS_OLD_SERVER does not name its nats-server\n')

let nats: NatsServers | undefined
afterEach(async () => {
  await nats?.close()
  nats = undefined
})

/** What the hub says of the NATS that it finds at its start. */
async function warningsOf(url: string): Promise<string[]> {
  const said: string[] = []
  const say = (fields: LogFields, message: string) =>
    said.push(message + (fields.server ? ` (${fields.server})` : ''))
  const log: Logger = { error: say, warn: say, info: () => {}, debug: () => {}, child: () => log }
  const line = await connectNats(url, 'essai', log)
  try {
    await requirePermissions(line, { publish: [], subscribe: [] }, log)
    await warnOfStorage(line, log)
  } finally {
    await line.close()
  }
  return said.toSorted()
}

test('of a cluster with the files of production there is nothing to say', async () => {
  nats = await startNatsServers(3)
  expect(await warningsOf(nats.urlOf('hub'))).toEqual([])
}, 60_000)

test('each server that acknowledges before it has written is named', async () => {
  nats = await startNatsServers(3, undefined, (conf) => {
    expect(conf).toContain('  sync_interval: always\n')
    return conf.replace('  sync_interval: always\n', '')
  })
  const warning = 'this NATS server does not write to disk before it acknowledges: set sync_interval: always'
  expect(await warningsOf(nats.urlOf('hub'))).toEqual([0, 1, 2].map((n) => `${warning} (s${n})`))
}, 60_000)

test('a NATS without users is told, that it does not say how it stores, and no password where TLS was asked for', async () => {
  nats = await startNatsServers(1)
  expect(await warningsOf(nats.urlOf())).toEqual([
    expect.stringContaining('NATS does not say how it stores ($SYS.REQ.SERVER.PING.JSZ)'),
    expect.stringContaining('NATS lets this process do everything'),
  ])
  // Who asks for TLS does not send a password where there is none.
  const asked = natsLogin(nats.urlOf().replace('nats:', 'tls:'))
  await expect(connect(asked)).rejects.toThrow(/secure|tls|SERVER_OPTION_NA/i)
})

;(oldServer ? test : test.skip)('a NATS that is too old is told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guichet-old-nats-'))
  const port = await freePort()
  const config = join(folder, 'server.conf')
  await writeFile(config, `listen: 127.0.0.1:${port}\njetstream { store_dir: "${folder}" }\n`)
  const server = spawn(oldServer!, ['-c', config], { stdio: 'ignore' })
  await once(server, 'spawn')
  try {
    expect(await warningsOf(`nats://127.0.0.1:${port}`)).toContain(
      'this NATS server is too old for production: 2.12.7 or newer is needed',
    )
  } finally {
    const ended = once(server, 'exit')
    server.kill()
    await ended
    await rm(folder, { recursive: true })
  }
})
