import type { z } from 'zod'
import type { Signalement } from '../../contracts/signalement.ts'
import type { RouvrirSignalement } from '../../contracts/signalements.ts'
import type { Call } from '../../infra/service.ts'
import { changerSignalement } from './changer-signalement.ts'

export async function rouvrirSignalement(
  { texte, ...cible }: z.output<typeof RouvrirSignalement.params>,
  call: Call,
): Promise<Signalement> {
  return await changerSignalement(call, cible, 'auteur', { type: 'rouvrir', texte })
}
