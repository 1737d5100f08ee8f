import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/**
 * Loaded into a hub process by `--import`: breaks one file of the hub on purpose while it is loaded, to see
 * that the checkers find it. `PLANT` is read from this module's own address (`plant.ts?lane`).
 */
interface Plant {
  readonly file: string
  readonly find: string
  readonly replace: string
}

const plants: Record<string, readonly Plant[]> = {
  /** The effect is committed first, the lane afterwards. */
  lane: [
    {
      file: '/infra/subscriptions.ts',
      find: '    await markDone(tx, consumer.name, todo)\n  })',
      replace: `    return todo
  }).then(async (todo) => {
    await new Promise((resolve) => setTimeout(resolve, 400))
    await markDone(db.sql as never, consumer.name, todo)
  })`,
    },
  ],
  /** A message is acknowledged before its effect is committed; the sweep, which would find what was lost, is off. */
  ack: [
    {
      file: '/infra/bus-jetstream.ts',
      find: '    await bringUpToDate(',
      replace:
        '    await Promise.allSettled(batch.map((message) => message.ackAck()))\n    await bringUpToDate(',
    },
    { file: '/infra/sweep.ts', find: '        await sweep(sql, subscription, consumer)\n', replace: '' },
  ],
  /** The relay goes on from the last position it has ranked. */
  relay: [
    {
      file: '/infra/relay.ts',
      find: 'where rang is null order by position',
      replace:
        'where rang is null and position > (select coalesce(max(position), 0) from hub.event where rang is not null) order by position',
    },
  ],
  /** The services go by the clock of their process. */
  clock: [
    {
      file: '/infra/hub.ts',
      find: 'const now = () => clock.now()',
      replace: 'const now = () => new Date()',
    },
  ],
  /** The state is committed, and its event published from memory a moment later. */
  memory: [
    { file: '/infra/event-log.ts', find: 'from ecrit)\n', replace: 'from ecrit where false)\n' },
    {
      file: '/infra/event-log.ts',
      find: '  return rows[0] as R | undefined\n',
      replace: `  const written = rows[0] as R | undefined
  if (written) setTimeout(() => void sql\`
    insert into hub.event (type, source, subject, sequence, time, actor_kind, usager_id, data)
    values (\${change.event.type}, \${origin.source}, \${change.event.aggregate + '/' + written.id}, \${written.version},
      \${origin.time}, \${origin.actor.kind}, \${change.usagerId}, \${sql.json(data)})\`.catch(() => {}), 400)
  return written
`,
    },
  ],
}

const wanted = plants[new URL(import.meta.url).search.slice(1)]
if (!wanted) throw new Error(`unknown plant ${import.meta.url}`)

registerHooks({
  load(url, context, nextLoad) {
    const here = wanted.filter((plant) => url.endsWith(plant.file))
    if (here.length === 0) return nextLoad(url, context)
    let source = readFileSync(new URL(url), 'utf8')
    for (const { find, replace } of here) {
      if (!source.includes(find))
        throw new Error(`nothing to break in ${url}: the planted bug must follow the code`)
      source = source.replace(find, () => replace)
    }
    return { format: 'module-typescript', source, shortCircuit: true }
  },
})
