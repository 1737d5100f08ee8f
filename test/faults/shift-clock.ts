/**
 * Loaded into a hub process by `--import`: its wall clock is wrong by so many hours (`shift-clock.ts?24`), while that
 * of PostgreSQL, of the disk and of the other process are right. Monotonic clocks do not change: setting a machine's
 * clock does not touch them either.
 */
const shiftMs = Number(new URL(import.meta.url).search.slice(1)) * 3_600_000
if (!Number.isFinite(shiftMs)) throw new Error(`how many hours? ${import.meta.url}`)

const TrueDate = globalThis.Date
const wrongNow = () => TrueDate.now() + shiftMs

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [wrongNow()] : args, newTarget) as Date,
  apply: () => new TrueDate(wrongNow()).toString(),
  get: (target, name) => (name === 'now' ? wrongNow : (Reflect.get(target, name) as unknown)),
})
