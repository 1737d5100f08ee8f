import type { z } from 'zod'
import { Refusal } from '../../contracts/errors.ts'
import type { Signalement } from '../../contracts/signalement.ts'
import type { AjouterPhotos } from '../../contracts/signalements.ts'
import { personne } from '../../infra/access.ts'
import type { Call } from '../../infra/service.ts'
import { acteur, rolesSur, trouver } from './acteur.ts'
import { changerSignalement } from './changer-signalement.ts'
import { lireSignalement } from './lire-signalement.ts'
import { lireMonTemoignage, remplacerPhotos } from './store-temoignages.ts'
import { refuserImpossible, reunir } from './transitions.ts'
import { verifierPhotos } from './verifier-photos.ts'

const essais = 20

/** To one's report; who has reported the same problem, to what they said of it. */
export async function ajouterPhotos(
  { photos, ...cible }: z.output<typeof AjouterPhotos.params>,
  call: Call,
): Promise<Signalement> {
  const roles = await rolesSur(call, await trouver(call, cible.id))
  if (roles.includes('auteur'))
    return await changerSignalement(
      call,
      cible,
      'auteur',
      { type: 'ajouter_photos', photos },
      ({ secteur }) => verifierPhotos(call, secteur, photos),
    )
  if (!roles.includes('temoin'))
    throw new Refusal('acces-refuse', 'Seul qui a signalé ce problème peut y ajouter des photos.')
  return await joindreAuTemoignage({ photos, ...cible }, call)
}

async function joindreAuTemoignage(
  { id, siVersion, photos }: z.output<typeof AjouterPhotos.params>,
  call: Call,
): Promise<Signalement> {
  for (let essai = 0; essai < essais; essai++) {
    const signalement = await trouver(call, id)
    if (siVersion !== undefined && siVersion !== signalement.version) throw new Refusal('modifie-entre-temps')
    refuserImpossible(signalement, 'ajouter_photos', { roles: ['temoin'], maintenant: call.now() })
    const usagerId = personne(call.principal).usagers[signalement.secteur]
    const mien = await lireMonTemoignage(call.db.sql, { signalementId: signalement.id, usagerId, id })
    if (!mien) throw new Refusal('acces-refuse')
    await verifierPhotos(call, signalement.secteur, photos)
    const toutes = reunir(mien.photos, photos)
    const origin = call.origin(acteur(call, signalement, 'temoin'))
    if (await remplacerPhotos(call.db.sql, signalement, mien, { photos: toutes, usagerId }, origin)) {
      call.db.committed.notify()
      return await lireSignalement({ id: signalement.id }, call)
    }
  }
  throw new Refusal('service-indisponible')
}
