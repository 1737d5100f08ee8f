import type { z } from 'zod'
import type { Signalement } from '../../contracts/signalement.ts'
import type { AjouterPhotos } from '../../contracts/signalements.ts'
import type { Call } from '../../infra/service.ts'
import { changerSignalement } from './changer-signalement.ts'
import { verifierPhotos } from './verifier-photos.ts'

export async function ajouterPhotos(
  { photos, ...cible }: z.output<typeof AjouterPhotos.params>,
  call: Call,
): Promise<Signalement> {
  return await changerSignalement(call, cible, 'auteur', { type: 'ajouter_photos', photos }, ({ secteur }) =>
    verifierPhotos(call, secteur, photos),
  )
}
