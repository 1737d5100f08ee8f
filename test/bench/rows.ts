import { setTimeout as delay } from 'node:timers/promises'
import { columns, median, print } from './figures.ts'
import type { Job, JobResult } from './generator.ts'
import { load, pinned } from './servers.ts'

const rounds = Number(process.env.ROUNDS ?? 3)
const seconds = Number(process.env.SECONDS ?? 4)

/** One of those that are compared: the first is the yardstick. */
export interface Contender {
  readonly name: string
  readonly port: number
  token(): Promise<string | null>
  /** Microseconds of CPU that its own processes have used. */
  cpu(): number
}

export type Request = Pick<Job, 'method' | 'paths' | 'body'>

/** What all of them use, by the name of its column: microseconds of CPU so far. */
export type Shared = Readonly<Record<string, () => number>>

export function printHead(yardstick: string, shared: Shared): void {
  const where = pinned ? 'servers on core 0, generator on core 1' : 'NOT pinned: taskset is missing'
  print(`${rounds} rounds of ${seconds} s, 32 connections; ${where}\n`)
  const used = ['server', ...Object.keys(shared)].map((name) => `µs ${name}`)
  print(columns(['row', 'server', 'per second', 'p50 ms', 'p99 ms', `of ${yardstick}`, ...used, 'by CPU']))
}

/**
 * Asks each in turn, again and again, and prints the medians: answers a second, and CPU for each answer. With all of
 * them on one core, the ratio by CPU is that of the speeds on a machine that nobody else uses.
 */
export async function compare<C extends Contender>(
  row: string,
  contenders: readonly C[],
  shared: Shared,
  request: (contender: C) => Request,
): Promise<void> {
  const results = contenders.map((): { result: JobResult; cpu: number[] }[] => [])
  for (let round = 0; round <= rounds; round++)
    for (const [n, contender] of contenders.entries()) {
      const used = () => [contender.cpu(), ...Object.values(shared).map((cpu) => cpu())]
      const before = used()
      const [{ port }, token] = [contender, await contender.token()]
      const result = await load({ ...request(contender), port, token, seconds: round === 0 ? 1 : seconds })
      await delay(700) // what is done afterwards (ranks, messages, spans) belongs to its requests
      const answers = Object.values(result.statuses).reduce((a, b) => a + b, 0)
      const cpu = used().map((after, i) => (after - before[i]!) / answers)
      if (round > 0) results[n]!.push({ result, cpu })
    }
  const of = (n: number, key: 'perSecond' | 'p50' | 'p99') =>
    median(results[n]!.map(({ result }) => result[key]))
  const cpuOf = (n: number) =>
    results[n]![0]!.cpu.map((_, i) => median(results[n]!.map(({ cpu }) => cpu[i]!)))
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
  for (const [n, { name }] of contenders.entries()) {
    const failed = results[n]!.flatMap(({ result }) =>
      Object.entries(result.statuses).filter(([status]) => !status.startsWith('2')),
    )
    const cells = [
      n === 0 ? row : '',
      name,
      of(n, 'perSecond').toFixed(0),
      of(n, 'p50').toFixed(2),
      of(n, 'p99').toFixed(2),
      (of(n, 'perSecond') / of(0, 'perSecond')).toFixed(2),
      ...cpuOf(n).map((used) => used.toFixed(0)),
      (sum(cpuOf(0)) / sum(cpuOf(n))).toFixed(2),
    ]
    print(columns(cells) + (failed.length > 0 ? `  ${JSON.stringify(failed)}` : ''))
  }
}
