import type { Attributes } from '@opentelemetry/api'

/**
 * Figures are plain numbers until somebody asks for them. The SDK's own instruments sort and serialise the
 * labels at each record (3 microseconds here, twice per request); these look them up by one string.
 */

/** A figure of this process that goes up and down. */
export interface Level {
  value: number
}

interface Series<T> {
  readonly attributes: Attributes
  readonly state: T
}

/** One state per set of label values; the values come from the code, never from a caller's free text. */
class SeriesMap<T> {
  readonly #labels: readonly string[]
  readonly #make: () => T
  readonly #series = new Map<string, Series<T>>()

  constructor(labels: readonly string[], make: () => T) {
    this.#labels = labels
    this.#make = make
  }

  of(values: readonly string[]): T {
    const key = values.join('\n')
    const known = this.#series.get(key)
    if (known) return known.state
    const attributes = Object.fromEntries(this.#labels.map((label, n) => [label, values[n]]))
    const state = this.#make()
    this.#series.set(key, { attributes, state })
    return state
  }

  all(): Iterable<Series<T>> {
    return this.#series.values()
  }
}

/** A count that only grows, per set of label values. */
export class Tally {
  readonly #counts: SeriesMap<{ value: number }>

  constructor(...labels: string[]) {
    this.#counts = new SeriesMap(labels, () => ({ value: 0 }))
  }

  add(...values: string[]): void {
    this.#counts.of(values).value++
  }

  *read(): Generator<[value: number, attributes: Attributes]> {
    for (const { state, attributes } of this.#counts.all()) yield [state.value, attributes]
  }
}

/** In seconds; those of the semantic conventions for HTTP, from 1 ms on: half of our answers are faster than 5 ms. */
export const boundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export interface Buckets {
  /** One per boundary, and one for what is beyond the last. */
  readonly counts: number[]
  sum: number
  count: number
}

/** How long things took, per set of label values. */
export class Durations {
  readonly name: string
  readonly description: string
  readonly #series: SeriesMap<Buckets>

  constructor(name: string, description: string, ...labels: string[]) {
    this.name = name
    this.description = description
    this.#series = new SeriesMap(labels, () => ({
      counts: boundaries.map(() => 0).concat(0),
      sum: 0,
      count: 0,
    }))
  }

  record(seconds: number, ...values: string[]): void {
    const buckets = this.#series.of(values)
    let n = 0
    while (n < boundaries.length && seconds > boundaries[n]!) n++
    buckets.counts[n]!++
    buckets.sum += seconds
    buckets.count++
  }

  *read(): Generator<[buckets: Buckets, attributes: Attributes]> {
    for (const { state, attributes } of this.#series.all()) yield [state, attributes]
  }
}
