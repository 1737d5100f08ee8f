/** How long the faults are played: in short within `npm test` and `npm run test:faults`, in full with `-- --full`. */
export const full = process.env.FAULTS === 'full'

/** Of this run; the same seed brings the same random choices back. */
export const seed = Number(process.env.SEED)

const override = (name: string) => (process.env[name] ? Number(process.env[name]) : undefined)

/** Journeys played while processes are killed (JOURNEYS=n). */
export const journeys = override('JOURNEYS') ?? (full ? 2000 : 16)

/** Requests that deposit one dossier at the same time (DEPOSITS=n). */
export const deposits = override('DEPOSITS') ?? (full ? 10_000 : 400)

/** Random numbers that a printed seed brings back (mulberry32). */
export function seeded(from: number = seed): () => number {
  let state = from
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
