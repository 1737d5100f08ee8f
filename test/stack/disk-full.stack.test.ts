import { setTimeout as delay } from 'node:timers/promises'
import { auditEffects, change, create, exactlyOnce, prepareEssai, recorder } from '../infra/essai.ts'
import { SmallDisk } from '../faults/small-disk.ts'
import { freshDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { auditStream, startBus } from './bus-process.ts'
import { startNatsServers } from './nats-servers.ts'

const mountable = SmallDisk.mount(1)
mountable?.unmount()
if (!mountable)
  process.stderr.write('disk of NATS full: skipped, it takes root and the right to mount a tmpfs\n')
const testOnSmallDisk = mountable ? test : test.skip

testOnSmallDisk(
  'reactions go on while the disk of NATS is full, and the stream is complete when it has room and NATS is started again',
  async () => {
    const disk = SmallDisk.mount(64)!
    const [db, nats] = [await freshDatabase(), await startNatsServers(1, disk.folder)]
    await prepareEssai(db.sql)
    const service = db.role('demarches')
    const consumer = recorder('essai.a')
    const bus = await startBus(db, nats.urlOf(), [consumer])
    const settled = () =>
      eventually(async () => expect(await auditEffects(db.sql, consumer)).toEqual(exactlyOnce))
    const write = async () => {
      const ids = [await create(service), await create(service)]
      for (let n = 0; n < 20; n++) await change(service, ids[n % 2]!)
    }
    try {
      await write()
      await settled()
      const { last } = await auditStream(db.sql, nats.urlOf())
      disk.fill()
      // Until nothing more fits in what NATS had reserved.
      for (;;) {
        await write()
        await settled()
        const seen = await auditStream(db.sql, nats.urlOf()).catch(() => null)
        if (!seen || seen.messages < seen.events) break
        await delay(50)
      }
      disk.free()
      // NATS gives JetStream up on a full disk, until it is started again.
      await nats.kill()
      await nats.start()
      await write()
      await settled()
      await eventually(async () => {
        const { wrong, last: now, events, messages } = await auditStream(db.sql, nats.urlOf())
        expect({ wrong, now, messages }).toEqual({ wrong: [], now: events, messages: events })
        expect(now).toBeGreaterThan(last)
      }, 30_000)
    } finally {
      await bus.stop()
      await Promise.all([nats.close(), db.drop()])
      disk.unmount()
    }
  },
  120_000,
)
