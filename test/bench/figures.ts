/** What the sections of the bench print, and how they sum up what they measured. */

export const print = (line: string) => void process.stdout.write(`${line}\n`)

/** One line of a table: two columns of words, then figures. */
export const columns = (cells: readonly string[]) =>
  cells.map((cell, n) => (n < 2 ? cell.padEnd(22) : cell.padStart(11))).join('')

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

export const median = (values: readonly number[]) => quantile(values, 0.5)
