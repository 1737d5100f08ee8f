import type { RendezVous } from '../../contracts/rendez-vous.ts'
import type { Call } from '../../infra/service.ts'
import { roleSur } from './acteur.ts'
import * as store from './store.ts'
import { vuesRendezVous } from './vue-rendez-vous.ts'

export async function lireRendezVous({ id }: { id: string }, call: Call): Promise<RendezVous> {
  const rendezVous = await store.lireRendezVous(call.db.sql, id)
  const role = roleSur(call, rendezVous)
  const [vue] = await vuesRendezVous(call.db.sql, [rendezVous!], () => role, call.now())
  return vue!
}
