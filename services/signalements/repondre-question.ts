import type { z } from 'zod'
import type { Signalement } from '../../contracts/signalement.ts'
import type { RepondreQuestion } from '../../contracts/signalements.ts'
import type { Call } from '../../infra/service.ts'
import { changerSignalement } from './changer-signalement.ts'

export async function repondreQuestion(
  { texte, ...cible }: z.output<typeof RepondreQuestion.params>,
  call: Call,
): Promise<Signalement> {
  return await changerSignalement(call, cible, 'auteur', { type: 'repondre', texte })
}
