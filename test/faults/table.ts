import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Counts, Verdict } from './checkers.ts'

/** One line of the table that ends a run of the faults: what was done to the hub, and what came of it. */
export interface Line {
  readonly fault: string
  /** Journeys of seven steps, or single requests. */
  readonly sent: string
  readonly kills: number
  readonly acknowledged: number
  readonly effects: number
  readonly lost: number
  readonly doubled: number
  readonly reordered: number
  readonly unexpected: number
  readonly wrongRanks: number
  readonly seconds: number
  /** What else was seen. */
  readonly note: string
}

interface Plant {
  readonly plant: string
  readonly caught: boolean
}

/** Keeps a line for the end of the run, also when the test fails afterwards. */
export function record(line: Line | Plant): void {
  const folder = process.env.FAULTS_TABLE
  if (!folder) throw new Error('no table: run tests by npm run test:faults')
  writeFileSync(join(folder, `${Date.now()}-${randomUUID()}`), JSON.stringify(line))
}

/** The line of a verdict. */
export function lineOf(
  { verdict, counts }: { verdict: Verdict; counts: Counts },
  rest: Pick<Line, 'fault' | 'sent' | 'kills' | 'seconds' | 'note'>,
): Line {
  return {
    ...rest,
    acknowledged: counts.steps,
    effects: counts.effects,
    lost: verdict.lostSteps + verdict.lostEffects + verdict.lostInDocuments,
    doubled: verdict.doubledEffects + verdict.doubledInDocuments,
    reordered: verdict.reorderedEffects,
    unexpected: verdict.unexpected,
    wrongRanks: verdict.wrongRanks,
  }
}

const columns: readonly [title: string, value: (line: Line) => string | number][] = [
  ['fault', (line) => line.fault],
  ['sent', (line) => line.sent],
  ['kills', (line) => line.kills],
  ['acknowledged', (line) => line.acknowledged],
  ['effects', (line) => line.effects],
  ['lost', (line) => line.lost],
  ['doubled', (line) => line.doubled],
  ['reordered', (line) => line.reordered],
  ['unexpected', (line) => line.unexpected],
  ['wrong ranks', (line) => line.wrongRanks],
  ['seconds', (line) => line.seconds.toFixed(1)],
  ['seen', (line) => line.note],
]

/** Prints what was recorded in this folder; nothing when no fault was played. */
export function printTable(folder: string, title: string): void {
  const recorded = readdirSync(folder)
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Line | Plant)
  if (recorded.length === 0) return
  const lines = recorded.filter((one) => 'fault' in one)
  const plants = recorded.filter((one) => 'plant' in one)
  const cells = [
    columns.map(([heading]) => heading),
    columns.map(([heading]) => '-'.repeat(heading.length)),
    ...lines.map((line) => columns.map(([, value]) => String(value(line)))),
  ]
  const widths = columns.map((_, n) => Math.max(...cells.map((row) => row[n]!.length)))
  const text = cells.map((row) => `| ${row.map((cell, n) => cell.padEnd(widths[n]!)).join(' | ')} |`)
  const caught = plants.filter(({ caught }) => caught).length
  process.stdout.write(
    `\n${title}\n\n${text.join('\n')}\n\nplanted bugs caught: ${caught} of ${plants.length}\n\n`,
  )
}
