import type { Dossier } from '../../contracts/demarches.ts'
import type { Call } from '../../infra/service.ts'
import { roleSur } from './acteur.ts'
import { demarcheDe } from './definitions.ts'
import * as store from './store.ts'
import { vueDossier } from './vue-dossier.ts'

export async function lireDossier({ id }: { id: string }, call: Call): Promise<Dossier> {
  const dossier = await store.lireDossier(call.db.sql, id)
  const role = roleSur(call, dossier)
  const demarche = await demarcheDe(call.db.sql, dossier!)
  return vueDossier(dossier!, demarche, await store.lireMessages(call.db.sql, id), role, call.now())
}
