/** A table of expected statuses as text, and what compares it with the route table and with what was observed. */

/** Statuses by row (`METHOD /path (situation)`), then by caller. */
export type Matrix = ReadonlyMap<string, ReadonlyMap<string, number>>

/**
 * Reads a table: first line the callers, then a line for each row; cells are separated by `|`.
 * @throws Error for a row that is there twice or that lacks a cell
 */
export function parseMatrix(table: string): Matrix {
  const [head = [], ...rows] = table
    .split('\n')
    .filter((line) => line.includes('|'))
    .map((line) => line.split('|').map((cell) => cell.trim().replace(/\s+/g, ' ')))
  const callers = head.slice(1)
  const matrix = new Map<string, ReadonlyMap<string, number>>()
  for (const [name = '', ...cells] of rows) {
    if (matrix.has(name)) throw new Error(`${name} is there twice`)
    if (cells.length !== callers.length || !cells.every((cell) => /^[2-4]\d\d$/.test(cell)))
      throw new Error(`${name} does not have a status for each caller`)
    matrix.set(name, new Map(cells.map((cell, n) => [callers[n]!, Number(cell)])))
  }
  return matrix
}

/** The route that a row is about: its name without the situation. */
export function routeOfRow(row: string): string {
  return row.replace(/ \(.*\)$/, '')
}

/** Every cell in which the two differ, one line each; a cell that was not observed differs. */
export function divergences(expected: Matrix, observed: Matrix): string[] {
  return [...expected].flatMap(([row, cells]) =>
    [...cells].flatMap(([caller, status]) => {
      const seen = observed.get(row)?.get(caller)
      return seen === status ? [] : [`${row}, ${caller}: expected ${status}, got ${seen ?? 'nothing'}`]
    }),
  )
}

/** Routes that no row is about, and rows that are about no route. */
export function incompleteness(rows: Iterable<string>, routes: Iterable<string>): string[] {
  const covered = new Set([...rows].map(routeOfRow))
  const served = new Set(routes)
  return [
    ...[...served].filter((route) => !covered.has(route)).map((route) => `no expectation for ${route}`),
    ...[...covered].filter((route) => !served.has(route)).map((route) => `no route ${route}`),
  ]
}

/** The same table with one status changed. */
export function flipped(matrix: Matrix, row: string, caller: string): Matrix {
  const cells = new Map(matrix.get(row))
  cells.set(caller, cells.get(caller) === 404 ? 200 : 404)
  return new Map(matrix).set(row, cells)
}
