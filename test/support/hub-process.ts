import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const root = join(import.meta.dirname, '../..')

/** The processes of a hub that runs in parts. */
export const inParts = ['hub', 'identity', 'demarches', 'documents', 'signalements', 'agenda', 'gateway']

export interface HubProcessOptions {
  readonly port: number
  readonly databaseUrl: string
  readonly dataFolder: string
  readonly publicUrl: string
  /** Modules loaded before the hub: test/faults plants its bugs so. */
  readonly preload?: readonly string[]
  readonly entry?: string
  /** Only these parts; absent: all. One without the gateway is ready when it says so. */
  readonly services?: string
  /** Settings beside the usual ones. */
  readonly env?: Readonly<Record<string, string>>
  /** How much of the end of its output is kept. */
  readonly outputLimit?: number
  /** Where everything it prints is kept as well. */
  readonly logFile?: string
}

/** A hub as a real process of its own, started as `npm start` does. */
export class HubProcess {
  readonly #options: HubProcessOptions
  #child: ChildProcess | null = null
  #output = ''

  constructor(options: HubProcessOptions) {
    this.#options = options
  }

  get url(): string {
    return `http://127.0.0.1:${this.#options.port}`
  }

  /** Does it run this part? */
  runs(part: string): boolean {
    return this.#options.services?.split(',').includes(part) ?? true
  }

  /** Does it listen to requests? */
  get serves(): boolean {
    return this.runs('gateway')
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Starts it and waits until it serves. */
  async start(): Promise<void> {
    const { port, databaseUrl, dataFolder, publicUrl, services } = this.#options
    const { preload = [], entry = 'infra/main.ts' } = this.#options
    const cache = process.env.TEST_COMPILE_CACHE
    const imports = [
      ...(cache ? ['./test/support/keep-code.ts'] : []),
      './infra/tracing.ts',
      ...preload,
    ].flatMap((module) => ['--import', module])
    const parts = services ? ['--services', services] : []
    const child = spawn(process.execPath, [...imports, entry, ...parts], {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'test',
        PORT: String(port),
        PUBLIC_URL: publicUrl,
        DATABASE_URL: databaseUrl,
        HUB_DATA: dataFolder,
        LOG_LEVEL: 'warn',
        RETRY_BASE_MS: '50',
        ...(cache && { NODE_COMPILE_CACHE: cache }),
        // Tests send in a minute what a city sends in a day, all from one address.
        RATE_ACCOUNT: '1000000000',
        RATE_ADDRESS: '1000000000',
        ...this.#options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.#output = ''
    const { logFile } = this.#options
    const keep = (chunk: Buffer) => {
      if (logFile) appendFileSync(logFile, chunk)
      this.#output = (this.#output + chunk.toString()).slice(-(this.#options.outputLimit ?? 20_000))
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const end = Date.now() + 60_000
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the hub ended at its start:\n${this.#output}`)
      if (child.signalCode !== null) return // killed while it started, by whoever wants that
      if (services && !this.serves ? / is ready\.\n/.test(this.#output) : await answers(this.url)) return
      if (Date.now() > end) throw new Error(`the hub did not get ready:\n${this.#output}`)
      await delay(25)
    }
  }

  get running(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** The end of what it printed. */
  get output(): string {
    return this.#output
  }

  /** Stops it where it is (SIGSTOP); call the result to let it go on. */
  freeze(): () => void {
    const child = this.#child
    child?.kill('SIGSTOP')
    return () => void child?.kill('SIGCONT')
  }

  /** Ends at once, as a power cut would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Ends in order; resolves to the exit code. */
  async stop(): Promise<number | null> {
    return await this.#end('SIGTERM')
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
    return child.exitCode
  }
}

async function answers(url: string): Promise<boolean> {
  return await fetch(`${url}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  )
}
