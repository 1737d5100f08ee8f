import { setTimeout as delay } from 'node:timers/promises'

const everyMs = 15

/** Tries `attempt` again and again until it throws nothing, at most 10 s; its last error is what a test reads. */
export async function eventually<T>(attempt: () => T | Promise<T>, deadlineMs = 10_000): Promise<T> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(everyMs)
    }
  }
}
