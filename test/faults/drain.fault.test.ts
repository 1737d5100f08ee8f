import { mkdtemp, rm } from 'node:fs/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { pdf } from '../demo/journey.ts'
import { freePort, signIn } from '../demo/sign-in.ts'
import { freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { HubProcess } from '../support/hub-process.ts'

test('a hub told to stop answers what it has begun, closes live streams, refuses what is new, and ends with 0', async () => {
  const database = await freshDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'guichet-drain-'))
  const port = await freePort()
  const publicUrl = `http://127.0.0.1:${port}`
  const hub = new HubProcess({ port, databaseUrl: database.url, dataFolder: folder, publicUrl })
  try {
    await hub.start()
    const token = await (await signIn(publicUrl, 'amina', demoPassword)).token()
    const stream = await fetch(`${publicUrl}/v1/moi/suivi/flux`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const streamed = stream.text()

    // An upload whose last byte comes after the signal.
    const body = Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="fichier"; filename="a.pdf"\r\n\r\n'),
      pdf('Lent'),
      Buffer.from('\r\n--b--\r\n'),
    ])
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk
    })
    socket.write(
      `POST /v1/documents?secteur=etat-civil HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nIdempotency-Key: drain\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${body.length}\r\n\r\n`,
    )
    socket.write(body.subarray(0, 300))
    // Its ticket is taken: the request is being served.
    await eventually(async () => expect((await database.sql`select from identity.compte`).length).toBe(1))
    // A browser opens connections in advance; a stop does not wait for what never comes.
    const silent = connect(port, '127.0.0.1').on('error', () => {})
    await once(silent, 'connect')
    const ended = hub.stop()
    await eventually(async () => {
      const refused = await fetch(`${publicUrl}/health/ready`).then(
        (response) => response.status === 503,
        () => true,
      )
      expect(refused).toBe(true)
    })
    socket.write(body.subarray(300))
    await eventually(() => expect(answer).toMatch(/^HTTP\/1\.1 201 /))
    expect(await ended).toBe(0)
    expect(await streamed).toContain('retry: 2000')
    const [row] = await database.sql<{ n: number }[]>`select count(*)::int as n from documents.document`
    expect(row?.n).toBe(1)
  } finally {
    await hub.kill()
    await database.drop()
    await rm(folder, { recursive: true })
  }
}, 60_000)
