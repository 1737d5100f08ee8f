import type { Access, Action } from '../contracts/define.ts'
import { Refusal } from '../contracts/errors.ts'
import type { Personne, Principal, Secteur } from '../contracts/principal.ts'

/** Refuses a caller who meets none of the action's access rules; whose object it is, the service checks. */
export function checkAccess(action: Action, principal: Principal): void {
  if (action.access.some((rule) => meets(rule, principal))) return
  throw new Refusal(principal.kind === 'anonyme' ? 'jeton-requis' : 'acces-refuse')
}

function meets(rule: Access, principal: Principal): boolean {
  switch (rule) {
    case 'public':
      return true
    case 'compte':
    case 'proprietaire':
      return principal.kind === 'personne'
    case 'agent':
      return principal.kind === 'personne' && principal.agentDe.length > 0
    case 'administrateur':
      return principal.kind === 'personne' && principal.administrateur
    default:
      return principal.kind === 'systeme' && principal.scopes.includes(rule.slice('systeme:'.length))
  }
}

/** The caller as a person; a system or nobody is refused. */
export function personne(principal: Principal): Personne {
  if (principal.kind === 'personne') return principal
  throw new Refusal(principal.kind === 'anonyme' ? 'jeton-requis' : 'acces-refuse')
}

/** What the caller is to an object of that sector: its usager, an agent of the sector, or neither. */
export function roleToward(
  principal: Principal,
  object: { usagerId: string | null; secteur: Secteur },
): 'usager' | 'agent' | null {
  if (principal.kind !== 'personne') return null
  if (object.usagerId !== null && principal.usagers[object.secteur] === object.usagerId) return 'usager'
  return principal.agentDe.includes(object.secteur) ? 'agent' : null
}
