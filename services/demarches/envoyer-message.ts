import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { Dossier, EnvoyerMessage } from '../../contracts/demarches.ts'
import type { Call } from '../../infra/service.ts'
import { changerDossier } from './changer-dossier.ts'

export async function envoyerMessage(
  { texte, correctionId, ...cible }: z.output<typeof EnvoyerMessage.params>,
  call: Call,
): Promise<Dossier> {
  const messageId = randomUUID()
  return await changerDossier(call, cible, ['usager', 'agent'], {
    type: 'envoyer_message',
    texte,
    correctionId,
    messageId,
  })
}
