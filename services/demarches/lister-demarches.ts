import type { z } from 'zod'
import type { Demarche, ListerDemarches } from '../../contracts/demarches.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Call } from '../../infra/service.ts'
import * as store from './store.ts'

/** The newest version of each, by title. */
export async function listerDemarches(
  _: object,
  { db }: Call,
): Promise<z.output<typeof ListerDemarches.returns>> {
  const proposees = await store.lireDernieres(db.sql)
  return {
    elements: proposees
      .toSorted((a, b) => a.titre.localeCompare(b.titre, 'fr'))
      .map(({ id, version, titre, description, secteur }) => ({ id, version, titre, description, secteur })),
  }
}

export async function lireDemarche({ id }: { id: string }, { db }: Call): Promise<Demarche> {
  // What cannot be the code of a demarche, an address may hold all the same; PostgreSQL takes no NUL.
  const [trouvee] = /^[a-z0-9-]+$/.test(id) ? await store.lireDernieres(db.sql, id) : []
  if (!trouvee) throw new Refusal('introuvable')
  return trouvee
}
