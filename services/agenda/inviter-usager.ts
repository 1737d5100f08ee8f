import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { InviterUsager } from '../../contracts/rendez-vous.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Call } from '../../infra/service.ts'
import { agentDe, estAgent, usagerDe } from './acteur.ts'
import { refuserChamp } from './champs.ts'
import * as acces from './store-acces.ts'
import { lireMotif } from './store-offre.ts'

type Invitation = z.output<typeof InviterUsager.returns>

export async function inviterUsager(
  { id, dossierId }: z.output<typeof InviterUsager.params>,
  call: Call,
): Promise<Invitation> {
  const motif = await lireMotif(call.db.sql, id)
  if (!motif || !estAgent(call, motif.secteur)) throw new Refusal('introuvable')
  const origin = call.origin(agentDe(call, motif.secteur))
  const usagerId = await usagerDe(call, motif.secteur, dossierId)
  if (usagerId === null) refuserChamp('/dossierId', 'Ce dossier n’a pas d’usager.')
  const invitation = { id: randomUUID(), motif: motif.id, usagerId, dossierId }
  await acces.ajouterInvitation(call.db.sql, invitation, motif.secteur, origin)
  call.db.committed.notify()
  return { id: invitation.id, motif: motif.id, dossierId, version: 1 }
}

export async function relireInvitation(id: string, call: Call): Promise<Invitation> {
  const invitation = await acces.lireInvitation(call.db.sql, id)
  if (!invitation) throw new Refusal('introuvable')
  const { motif, dossierId } = invitation
  return { id, motif, dossierId, version: 1 }
}
