import { Writable } from 'node:stream'
import pino from 'pino'
import { Redis } from '../../infra/redis.ts'

/** A line of one process to Redis, and what it told its administrator. */
export interface Line {
  readonly redis: Redis
  readonly told: { readonly level: number; readonly msg: string; readonly [field: string]: unknown }[]
}

const open: Redis[] = []

/** @param patience where nothing but the answer counts, a busy machine must not make it late */
export async function openLine(url: string, patience?: number): Promise<Line> {
  const told: Line['told'] = []
  const sink = new Writable({
    write(line, _encoding, done) {
      told.push(JSON.parse(String(line)))
      done()
    },
  })
  const redis = new Redis(url, 'essai', pino({ level: 'info', base: null }, sink), patience)
  open.push(redis)
  await redis.open()
  return { redis, told }
}

/** Closes every line that a test opened. */
export async function closeLines(): Promise<void> {
  await Promise.all(open.splice(0).map((redis) => redis.close()))
}
