import type { Lieu, Motif } from '../../contracts/agenda.ts'
import type { RendezVous } from '../../contracts/rendez-vous.ts'
import type { Queryable } from '../../infra/db.ts'
import { actionsPermises, type EtatDuRendezVous, type Role } from './rendez-vous.ts'
import { lireLieux, lireMotifs } from './store-offre.ts'

/** A rendez-vous as this role reads it, at this instant. */
export function vueRendezVous(
  rendezVous: EtatDuRendezVous,
  { motif, lieu }: { motif: Motif; lieu: Lieu },
  role: Role,
  maintenant: Date,
): RendezVous {
  const { details } = rendezVous
  return {
    id: rendezVous.id,
    secteur: rendezVous.secteur,
    motif: { id: motif.id, titre: motif.titre, mode: motif.mode, instructions: motif.instructions },
    lieu: { id: lieu.id, libelle: lieu.libelle, situation: lieu.situation },
    debut: rendezVous.debut,
    fin: rendezVous.fin,
    statut: rendezVous.statut,
    reserveJusqua: rendezVous.statut === 'reserve' ? rendezVous.reserveJusqua : null,
    agentId: role === 'agent' ? rendezVous.agentId : null,
    dossierId: rendezVous.dossierId,
    telephone: details.telephone ?? null,
    adresse: details.adresse ?? null,
    precisions: details.precisions ?? null,
    beneficiaire: details.beneficiaire ?? null,
    attendPlusTot: rendezVous.attendDepuis !== null,
    actionsPermises: actionsPermises(rendezVous, role, maintenant),
    version: rendezVous.version,
    creeLe: rendezVous.creeLe,
    modifieLe: rendezVous.modifieLe,
  }
}

/** The same for several, their motifs and places read at once. */
export async function vuesRendezVous(
  sql: Queryable,
  rendezVous: readonly EtatDuRendezVous[],
  roleDe: (rendezVous: EtatDuRendezVous) => Role,
  maintenant: Date,
): Promise<RendezVous[]> {
  const uniques = (ids: readonly string[]) => [...new Set(ids)]
  const [motifs, lieux] = await Promise.all([
    lireMotifs(sql, uniques(rendezVous.map((un) => un.motifId))),
    lireLieux(sql, uniques(rendezVous.map((un) => un.lieuId))),
  ])
  return rendezVous.map((un) =>
    vueRendezVous(
      un,
      {
        motif: motifs.find(({ id }) => id === un.motifId)!,
        lieu: lieux.find(({ id }) => id === un.lieuId)!,
      },
      roleDe(un),
      maintenant,
    ),
  )
}
