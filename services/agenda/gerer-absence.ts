import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { Absence, DeclarerAbsence, LeverAbsence, ListerAbsences } from '../../contracts/agenda.ts'
import { Refusal } from '../../contracts/errors.ts'
import { personne } from '../../infra/access.ts'
import { decodeCursor } from '../../infra/cursor.ts'
import type { Call } from '../../infra/service.ts'
import { agentDe, estAgent } from './acteur.ts'
import { agentQuiRecoit, Curseur, pageDe } from './gerer-plage.ts'
import { refuserChamp } from './champs.ts'
import * as store from './store-offre.ts'

export async function listerAbsences(
  { apres, limite }: z.output<typeof ListerAbsences.params>,
  call: Call,
): Promise<z.output<typeof ListerAbsences.returns>> {
  const lues = await store.listerAbsences(call.db.sql, {
    secteurs: personne(call.principal).agentDe,
    maintenant: call.now(),
    apres: apres ? decodeCursor(apres, Curseur)[0] : null,
    limite: limite + 1,
  })
  return pageDe(lues, limite)
}

export async function lireAbsence({ id }: { id: string }, call: Call): Promise<Absence> {
  const absence = await store.lireAbsence(call.db.sql, id)
  if (!absence || !estAgent(call, absence.secteur)) throw new Refusal('introuvable')
  return absence
}

export async function declarerAbsence(
  { secteur, agentId, du, au }: z.output<typeof DeclarerAbsence.params>,
  call: Call,
): Promise<Absence> {
  const origin = call.origin(agentDe(call, secteur))
  if (Date.parse(au) <= Date.parse(du)) refuserChamp('/au', 'La fin vient avant le début.')
  const id = randomUUID()
  const qui = await agentQuiRecoit(call, secteur, agentId)
  await store.ajouterAbsence(
    call.db.sql,
    { id, secteur, agentId: qui, du: new Date(du).toISOString(), au: new Date(au).toISOString() },
    origin,
  )
  call.db.committed.notify()
  return await lireAbsence({ id }, call)
}

export async function leverAbsence(
  { id, siVersion }: z.output<typeof LeverAbsence.params>,
  call: Call,
): Promise<null> {
  const absence = await lireAbsence({ id }, call)
  if (siVersion !== undefined && siVersion !== absence.version) throw new Refusal('modifie-entre-temps')
  if (!(await store.leverAbsence(call.db.sql, absence, call.origin(agentDe(call, absence.secteur)))))
    throw new Refusal('introuvable')
  call.db.committed.notify()
  return null
}
