import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoPassword } from '../../infra/issuer/accounts.ts'
import { expectedTimeline, playJourney } from '../demo/journey.ts'
import { freePort } from '../demo/sign-in.ts'
import { freshDatabase } from '../support/database.ts'
import { HubProcess } from '../support/hub-process.ts'

test('the journey comes out the same when the hub is killed at each of its steps', async () => {
  const database = await freshDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'guichet-demo-kills-'))
  const port = await freePort()
  const publicUrl = `http://127.0.0.1:${port}`
  const hub = new HubProcess({ port, databaseUrl: database.url, dataFolder: folder, publicUrl })
  await hub.start()
  let kills = 0
  let restart = Promise.resolve()
  try {
    const { suivi, live, dossier } = await playJourney({
      baseUrl: publicUrl,
      password: demoPassword,
      report: () => {},
      // Half of the kills come before the request, half while it runs or just after it.
      async beforeStep() {
        await restart
        const killNow = kills++ % 2 === 0
        const killAndRestart = async () => {
          await hub.kill()
          await hub.start()
        }
        if (killNow) restart = killAndRestart()
        else restart = new Promise<void>((resolve) => setImmediate(resolve)).then(killAndRestart)
      },
    })
    expect(suivi.map((element) => element.type)).toEqual(expectedTimeline)
    expect(live).toEqual(suivi.map((element) => element.rang))
    expect(dossier.etat).toBe('accepte')
    expect(kills).toBeGreaterThan(15)
    const events = await database.sql<{ type: string; n: number }[]>`
      select type, count(*)::int as n from hub.event where subject = ${`dossier/${dossier.id}`} group by type having count(*) > 1`
    expect(events.map((row) => row.type)).toEqual(['guichet.dossier.modifie.v1'])
  } finally {
    await restart
    expect(await hub.stop()).toBe(0)
    await database.drop()
    await rm(folder, { recursive: true })
  }
}, 180_000)
