import type { Motif } from '../../contracts/agenda.ts'
import { LireDossier } from '../../contracts/demarches.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Actor, Secteur } from '../../contracts/principal.ts'
import { personne, roleToward } from '../../infra/access.ts'
import type { Call } from '../../infra/service.ts'
import { refuserChamp } from './champs.ts'
import type { EtatDuRendezVous, Role } from './rendez-vous.ts'
import { estInvite } from './store-acces.ts'
import { usagerDuDossier } from './store-listes.ts'

/**
 * What the caller is to this rendez-vous. To anyone else it does not exist.
 * @throws Refusal `introuvable`
 */
export function roleSur(
  call: Pick<Call, 'principal'>,
  rendezVous: Pick<EtatDuRendezVous, 'usagerId' | 'secteur'> | null,
): Role {
  const role = rendezVous && roleToward(call.principal, rendezVous)
  if (!role) throw new Refusal('introuvable')
  return role
}

/** Is the caller an agent of that sector? */
export function estAgent(call: Pick<Call, 'principal'>, secteur: Secteur): boolean {
  return call.principal.kind === 'personne' && call.principal.agentDe.includes(secteur)
}

/** The caller as an agent of that sector. @throws Refusal `acces-refuse` */
export function agentDe(call: Pick<Call, 'principal'>, secteur: Secteur): Actor {
  if (!estAgent(call, secteur)) throw new Refusal('acces-refuse')
  return { kind: 'agent', id: personne(call.principal).acteurId }
}

/** The actor of an event: the usager under the identifier of the sector, the agent under their journal's. */
export function acteur(call: Pick<Call, 'principal'>, secteur: Secteur, role: Role): Actor {
  const moi = personne(call.principal)
  return role === 'usager'
    ? { kind: 'usager', id: moi.usagers[secteur] }
    : { kind: 'agent', id: moi.acteurId }
}

/** May the caller take slots of this motif, whoever it is for? @throws Refusal `acces-refuse` */
export async function verifierDroit(call: Call, motif: Motif): Promise<void> {
  if (estAgent(call, motif.secteur)) return
  const moi = personne(call.principal)
  switch (motif.reservablePar) {
    case 'tous':
      return
    case 'prescripteurs':
      if (moi.aidant || moi.agentDe.length > 0) return
      throw new Refusal('acces-refuse', 'Ce rendez-vous se prend par un agent ou un aidant.')
    case 'invites':
      if (await estInvite(call.db.sql, motif.id, moi.usagers[motif.secteur])) return
      throw new Refusal('acces-refuse', 'Ce rendez-vous se prend sur invitation d’un agent.')
    case 'agents':
      throw new Refusal('acces-refuse', 'Ce rendez-vous se prend auprès du service.')
  }
}

/**
 * Whose a booking is: the caller's, that of the usager of a dossier when an agent books for it, or, when an agent names
 * who comes, nobody's with an account.
 * @throws Refusal `donnees-invalides` for a dossier of another sector or one that is over
 */
export async function pourQui(
  call: Call,
  secteur: Secteur,
  { dossierId, beneficiaire }: { dossierId?: string | undefined; beneficiaire?: object | undefined },
): Promise<string | null> {
  const moi = personne(call.principal).usagers[secteur]
  const agent = estAgent(call, secteur)
  if (dossierId === undefined) return agent && beneficiaire ? null : moi
  const usagerId = await usagerDe(call, secteur, dossierId)
  return agent ? usagerId : moi
}

/** The usager of a dossier that the caller may see, that is of this sector and not over. */
export async function usagerDe(call: Call, secteur: Secteur, dossierId: string): Promise<string | null> {
  const dossier = await call.call(LireDossier, { id: dossierId }).catch((error: unknown) => {
    if (error instanceof Refusal && error.code === 'introuvable')
      refuserChamp('/dossierId', 'Ce dossier n’existe pas.')
    throw error
  })
  if (dossier.secteur !== secteur) refuserChamp('/dossierId', 'Ce dossier est d’un autre service.')
  if (dossier.decision) refuserChamp('/dossierId', 'Ce dossier est terminé.')
  return await usagerDuDossier(call.db.sql, dossierId)
}
