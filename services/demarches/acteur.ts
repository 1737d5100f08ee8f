import type { Actor } from '../../contracts/principal.ts'
import { Refusal } from '../../contracts/errors.ts'
import { personne, roleToward } from '../../infra/access.ts'
import type { Call } from '../../infra/service.ts'
import type { EtatDuDossier, Role } from './dossier.ts'

/**
 * What the caller is to this dossier. To anyone else, and to agents while it is a draft, it does not exist.
 * @throws Refusal `introuvable`
 */
export function roleSur(call: Pick<Call, 'principal'>, dossier: EtatDuDossier | null): Role {
  const role = dossier && roleToward(call.principal, dossier)
  if (!role || (role === 'agent' && dossier.etat === 'brouillon')) throw new Refusal('introuvable')
  return role
}

/** The actor of an event: the usager under the identifier of the sector, the agent under their journal's. */
export function acteur(call: Pick<Call, 'principal'>, dossier: EtatDuDossier, role: Role): Actor {
  if (role === 'usager') return { kind: 'usager', id: dossier.usagerId }
  return { kind: 'agent', id: personne(call.principal).acteurId }
}
