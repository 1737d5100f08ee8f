import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { Signalement } from '../../contracts/signalement.ts'
import type { PoserQuestion } from '../../contracts/signalements.ts'
import type { Call } from '../../infra/service.ts'
import { changerSignalement } from './changer-signalement.ts'

export async function poserQuestion(
  { texte, ...cible }: z.output<typeof PoserQuestion.params>,
  call: Call,
): Promise<Signalement> {
  return await changerSignalement(call, cible, 'agent', {
    type: 'questionner',
    texte,
    questionId: randomUUID(),
  })
}
