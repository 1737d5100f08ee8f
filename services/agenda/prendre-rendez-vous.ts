import type { z } from 'zod'
import type { DetailsRendezVous, PrendreRendezVous, RendezVous } from '../../contracts/rendez-vous.ts'
import type { Call } from '../../infra/service.ts'
import { pourQui } from './acteur.ts'
import { changerRendezVous } from './changer-rendez-vous.ts'
import { refuserChamp, verifierDetails } from './champs.ts'
import { prendreCreneau } from './prendre-creneau.ts'
import { confirmer, prendre } from './rendez-vous.ts'
import { lireMotif } from './store-offre.ts'

export async function prendreRendezVous(
  { reservation, motif, lieu, debut, dossierId, ...dits }: z.output<typeof PrendreRendezVous.params>,
  call: Call,
): Promise<RendezVous> {
  const details: DetailsRendezVous = dits
  const qui = { dossierId, beneficiaire: details.beneficiaire }
  const demande = { dossierId: dossierId ?? null, details }
  if (reservation !== undefined) {
    if (motif ?? lieu ?? debut)
      refuserChamp('/reservation', 'La réservation dit déjà le motif, le lieu et l’heure.')
    return await changerRendezVous(call, { id: reservation }, ['usager'], async (un, _, maintenant) => {
      const { mode } = (await lireMotif(call.db.sql, un.motifId))!
      verifierDetails(mode, details)
      const usagerId = await pourQui(call, un.secteur, qui)
      return confirmer(un, { usagerId, ...demande }, maintenant)
    })
  }
  if (motif === undefined) refuserChamp('/motif', 'Ce champ est obligatoire.')
  if (lieu === undefined) refuserChamp('/lieu', 'Ce champ est obligatoire.')
  if (debut === undefined) refuserChamp('/debut', 'Ce champ est obligatoire.')
  return await prendreCreneau(
    call,
    { motif, lieu, debut },
    async (offre) => {
      verifierDetails(offre.motif.mode, details)
      return await pourQui(call, offre.motif.secteur, qui)
    },
    (nouveau, _, maintenant) => prendre(nouveau, { usagerId: nouveau.usagerId, ...demande }, maintenant),
  )
}
