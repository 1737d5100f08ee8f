import { Loop, pause } from '../../infra/loop.ts'
import type { Ground } from '../../infra/service.ts'
import { balayerFichiers } from './balayer-fichiers.ts'
import { startListener } from './listener.ts'

const sweepEveryMs = 60 * 60 * 1000

/** Opens the door for bytes and sweeps every hour; returns what ends both. */
export async function start(ground: Ground): Promise<() => Promise<void>> {
  const listener = await startListener(ground)
  const sweep = new Loop('documents sweep', ground.log, async (stop) => {
    await balayerFichiers(ground)
    await pause(sweepEveryMs, stop)
  })
  return async () => {
    await Promise.all([listener.stop(), sweep.stop()])
  }
}
