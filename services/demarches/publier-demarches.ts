import type { Ground } from '../../infra/service.ts'
import { versions } from './catalogue.ts'
import { retenir } from './definitions.ts'
import * as store from './store.ts'

/**
 * Publishes what the files of this release offer and nobody has published yet, each with its event; several processes may
 * start at once. What is published counts: a file that says something else of it has no effect, and is told.
 */
export async function publierDemarches({ db, now, log }: Pick<Ground, 'db' | 'now' | 'log'>): Promise<void> {
  for (;;) {
    // In this order: what is published between the two makes the next statement do nothing.
    const version = await store.lireVersionDuCatalogue(db.sql)
    const publiees = await store.lireVersions(db.sql)
    const textes = new Map(publiees.map((une) => [`${une.id} v${une.version}`, JSON.stringify(une)]))
    const nouvelle = versions.findLast((une) => !textes.has(`${une.id} v${une.version}`))
    if (nouvelle) {
      const origin = {
        source: 'demarches',
        actor: { kind: 'systeme', id: 'demarches' },
        time: now(),
      } as const
      await store.publierDemarche(db, { demarche: nouvelle, version }, origin)
      continue
    }
    for (const une of versions) {
      const subject = `${une.id} v${une.version}`
      if (textes.get(subject) !== JSON.stringify(une))
        log.error({ subject }, 'this demarche was published with another content: a change is a new version')
    }
    for (const une of publiees) retenir(une)
    return
  }
}
