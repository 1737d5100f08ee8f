import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../demo/sign-in.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { HubProcess } from '../support/hub-process.ts'

/** A hub process with settings and a database of its own. */
export interface OwnHub extends AsyncDisposable {
  readonly process: HubProcess
  readonly database: TestDatabase
  readonly url: string
  readonly port: number
}

/** @param environment variables beside the usual ones; PUBLIC_URL is its own address unless it is here */
export async function ownHub(environment: Readonly<Record<string, string>> = {}): Promise<OwnHub> {
  const [database, dataFolder, port] = await Promise.all([
    freshDatabase(),
    mkdtemp(join(tmpdir(), 'guichet-own-')),
    freePort(),
  ])
  const url = `http://127.0.0.1:${port}`
  const publicUrl = environment.PUBLIC_URL ?? url
  const hub = new HubProcess({ port, databaseUrl: database.url, dataFolder, publicUrl, env: environment })
  const close = async () => {
    await hub.kill()
    await database.drop()
    await rm(dataFolder, { recursive: true })
  }
  try {
    await hub.start()
  } catch (error) {
    await close()
    throw error
  }
  return { process: hub, database, url, port, [Symbol.asyncDispose]: close }
}

export interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
}

/** One request on a connection of its own, from whatever address of this machine. */
export function ask(
  hub: Pick<OwnHub, 'port'>,
  path: string,
  options: { method?: string; headers?: Record<string, string>; from?: string; body?: string } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, from, body } = options
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port: hub.port, path, method, headers, agent: false, localAddress: from },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        )
      },
    )
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}
