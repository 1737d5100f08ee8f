import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { connect, type StreamAPI } from 'nats'
import { createPool } from '../../infra/db.ts'
import { natsLogin } from '../../infra/nats.ts'
import { writeEnvironments } from '../../infra/stack/environments.ts'
import { isRunning, type Process, stop } from '../../infra/stack/processes.ts'
import { readState, startStack, stopStack } from '../../infra/stack/runner.ts'
import { root, Site } from '../../infra/stack/site.ts'

/** Without Keycloak, which takes a minute: it is one process like the others. */
const servers = ['postgres', 'redis', 'nats']
const patienceMs = 120_000

let site: Site
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'guichet-stack-'))
  // The account of PostgreSQL must get at its data.
  chmodSync(folder, 0o755)
  site = new Site(folder, await freeShift())
})
afterEach(async () => {
  await stopStack(site, [])
}, patienceMs)
afterAll(() => rmSync(site.folder, { recursive: true }))

/** `npm run stack -- <args>` on the folder and the ports of this test. */
async function command(...args: string[]): Promise<{ code: number; said: string }> {
  const options = ['--folder', site.folder, '--shift', String(site.shift)]
  const child = spawn(process.execPath, [join(root, 'infra/stack/stack.ts'), ...args, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  const [code] = (await once(child, 'close')) as [number]
  return { code, said }
}

const running = () =>
  JSON.parse(readFileSync(site.at('running.json'), 'utf8')) as Record<string, Process & { mark: string }>

async function runs(name: string): Promise<boolean> {
  return (await readState(site)).some(({ server, answers }) => server.name === name && answers)
}

/** An amount by which every usual port can be moved to a free one. */
async function freeShift(): Promise<number> {
  const usual = [5432, 6379, 4222, 4223, 4224, 6222, 6223, 6224, 8222, 8223, 8224]
  for (let tries = 0; tries < 100; tries++) {
    const shift = 11_000 + Math.floor(Math.random() * 10_000)
    const free = await Promise.all(usual.map((port) => isFree(port + shift)))
    if (free.every(Boolean)) return shift
  }
  throw new Error('no free ports')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}

test(
  'two starts at once, and a third, start each server once; stop ends them',
  async () => {
    const starts = await Promise.all([command('start', ...servers), command('start', ...servers)])
    expect(starts).toEqual([expect.objectContaining({ code: 0 }), expect.objectContaining({ code: 0 })])
    const started = running()
    expect(Object.keys(started).toSorted()).toEqual(['nats-1', 'nats-2', 'nats-3', 'postgres', 'redis'])
    expect(Object.values(started).every(isRunning)).toBe(true)
    await startStack(site, servers)
    expect(running()).toEqual(started)
    expect(await command('stop')).toMatchObject({ code: 0, said: expect.stringContaining('Ended: ') })
    expect(Object.values(started).some(isRunning)).toBe(false)
  },
  patienceMs,
)

test(
  'what was killed, or would be started in another way by now, is started again, and nothing else',
  async () => {
    await startStack(site, ['nats'])
    const before = running()
    await stop(before['nats-1']!, 'SIGKILL')
    expect(await runs('nats-1')).toBe(false)
    const older = { ...before['nats-2'], mark: 'of an older configuration' }
    writeFileSync(site.at('running.json'), JSON.stringify({ ...before, 'nats-2': older }))
    await startStack(site, ['nats'])
    expect(running()['nats-3']).toEqual(before['nats-3'])
    for (const name of ['nats-1', 'nats-2']) {
      expect(isRunning(before[name]!)).toBe(false)
      expect(await runs(name)).toBe(true)
    }
  },
  patienceMs,
)

test(
  'data survive a stop, and only their owner reads the passwords',
  async () => {
    await startStack(site, servers)
    await writeEnvironments(site, false)
    const { DATABASE_URL } = parseEnv(readFileSync(site.at('hub.env'), 'utf8'))
    const { NATS_URL } = parseEnv(readFileSync(site.at('parts/hub.env'), 'utf8'))
    const sql = createPool({ url: DATABASE_URL!, max: 1, name: 'essai' })
    await sql`create table essai (mot text)`
    await sql`insert into essai values ('gardé')`
    await sql.end()
    await withStreams(NATS_URL!, async (streams) => {
      await streams.add({ name: 'GUICHET', subjects: ['guichet.evt.>'], num_replicas: 3 })
    })

    await stopStack(site, [])
    expect(running()).toEqual({})
    await startStack(site, servers)

    const again = createPool({ url: DATABASE_URL!, max: 1, name: 'essai' })
    expect([...(await again`select mot from essai`)]).toEqual([{ mot: 'gardé' }])
    await again.end()
    await withStreams(NATS_URL!, async (streams) => {
      const { config, cluster } = await streams.info('GUICHET')
      expect({ replicas: config.num_replicas, others: cluster?.replicas?.length }).toEqual({
        replicas: 3,
        others: 2,
      })
    })
    const secret = [
      'secrets.json',
      'hub.env',
      'parts/documents.env',
      'staff/systeme-ged.env',
      'redis/users.acl',
    ]
    expect(secret.filter((name) => (statSync(site.at(name)).mode & 0o077) !== 0)).toEqual([])
  },
  patienceMs,
)

async function withStreams(natsUrl: string, work: (streams: StreamAPI) => Promise<void>): Promise<void> {
  const login = natsLogin(natsUrl)
  const line = await connect({ ...login, inboxPrefix: `_INBOX.${login.user}` })
  try {
    await work((await line.jetstreamManager({ checkAPI: false })).streams)
  } finally {
    await line.close()
  }
}

test(
  'a process that has the number of one of ours by now is left alone',
  async () => {
    await startStack(site, ['redis'])
    const { redis } = running()
    await stop(redis!, 'SIGKILL')
    const stranger = spawn('sleep', ['600'], { stdio: 'ignore' })
    const ended = once(stranger, 'exit')
    try {
      writeFileSync(site.at('running.json'), JSON.stringify({ redis: { ...redis, pid: stranger.pid } }))
      expect(await runs('redis')).toBe(false)
      expect(await stopStack(site, [])).toEqual([])
    } finally {
      stranger.kill('SIGKILL')
    }
    // It was ours to kill, a moment ago: nobody else had ended it before.
    expect(await ended).toEqual([null, 'SIGKILL'])
  },
  patienceMs,
)

test(
  'a server that does not start is told with the end of its log',
  async () => {
    await startStack(site, ['postgres'])
    await stopStack(site, [])
    appendFileSync(site.at('postgresql/postgres/postgresql.auto.conf'), `\nwork_mem = 'beaucoup'\n`)
    await expect(startStack(site, ['postgres', 'redis'])).rejects.toThrow(
      /^postgres has ended[^]*work_mem[^]*postgres\.log/,
    )
    expect(Object.keys(running())).toEqual(['redis'])
  },
  patienceMs,
)

test(
  'a port that is taken, an unknown server and an unknown command are told in a line',
  async () => {
    const port = site.port(6379)
    const taken = createServer().listen(port, '127.0.0.1')
    await once(taken, 'listening')
    try {
      await expect(startStack(site, ['redis'])).rejects.toThrow(`Port ${port}, of redis, is taken`)
    } finally {
      taken.close()
    }
    await expect(startStack(site, ['mysql'])).rejects.toThrow(/^mysql: there are postgres, /)
    expect(await command('begin')).toEqual({
      code: 1,
      said: expect.stringMatching(/^\nnpm run stack \[-- command\]/),
    })
  },
  patienceMs,
)
