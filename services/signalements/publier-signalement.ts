import type { z } from 'zod'
import type { Signalement } from '../../contracts/signalement.ts'
import type { PublierSignalement } from '../../contracts/signalements.ts'
import type { Call } from '../../infra/service.ts'
import { changerSignalement } from './changer-signalement.ts'
import { lirePhotos } from './store-temoignages.ts'

export async function publierSignalement(
  { description, photos, ...cible }: z.output<typeof PublierSignalement.params>,
  call: Call,
): Promise<Signalement> {
  const commande = { type: 'publier', description, photos } as const
  return await changerSignalement(call, cible, 'agent', commande, async ({ id }) => ({
    photosDesTemoignages: await lirePhotos(call.db.sql, id),
  }))
}
