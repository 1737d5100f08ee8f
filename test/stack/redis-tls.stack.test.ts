import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { freePort } from '../demo/sign-in.ts'
import { closeLines, openLine } from './redis-lines.ts'
import { type RedisServer, startRedis } from './redis-server.ts'

let folder: string
let port: number
let server: RedisServer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guichet-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  })
  port = await freePort()
  const certificate = [`tls-cert-file ${cert}`, `tls-key-file ${key}`, 'tls-auth-clients no']
  server = await startRedis([`tls-port ${port}`, ...certificate, 'requirepass dit-tout-bas'])
})
afterEach(closeLines)
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

const url = (host: string) => `rediss://:dit-tout-bas@${host}:${port}`

test('with rediss:// the line is one of TLS, to a server whose certificate is trusted and is of that name', async () => {
  const trusted = getCACertificates('default')
  setDefaultCACertificates([...trusted, await readFile(join(folder, 'cert.pem'), 'utf8')])
  try {
    const line = await openLine(url('localhost'))
    expect(line.told).toEqual([])
    expect(await line.redis.answers()).toBe(true)
    const elsewhere = await openLine(url('127.0.0.1'))
    expect(elsewhere.told).toMatchObject([{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }])
    expect(await elsewhere.redis.answers()).toBe(false)
  } finally {
    setDefaultCACertificates(trusted)
  }
})

test('a certificate that nobody vouches for is not trusted, and the password is told nobody', async () => {
  const line = await openLine(url('localhost'))
  expect(line.told).toMatchObject([{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }])
  expect(await line.redis.answers()).toBe(false)
  expect(JSON.stringify(line.told)).not.toContain('dit-tout-bas')
})
