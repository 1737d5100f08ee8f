import type { z } from 'zod'
import type { Signalement } from '../../contracts/signalement.ts'
import type { AvancerSignalement } from '../../contracts/signalements.ts'
import type { Call } from '../../infra/service.ts'
import { chercher } from './acteur.ts'
import { changerSignalement } from './changer-signalement.ts'
import { refuserChamp } from './contenu.ts'

export async function avancerSignalement(
  { id, siVersion, doublonDe, ...ordre }: z.output<typeof AvancerSignalement.params>,
  call: Call,
): Promise<Signalement> {
  const cible = { id, siVersion }
  if (doublonDe === undefined)
    return await changerSignalement(call, cible, 'agent', { type: 'avancer', ...ordre })
  const reference = (await chercher(call, doublonDe))?.reference ?? doublonDe
  return await changerSignalement(
    call,
    cible,
    'agent',
    { type: 'avancer', ...ordre, doublonDe: reference },
    async ({ secteur }) => {
      const restant = await chercher(call, reference)
      if (!restant || restant.etat === 'a_confirmer' || restant.secteur !== secteur)
        refuserChamp('/doublonDe', 'Ce signalement n’existe pas.')
      if (restant.raison === 'doublon')
        refuserChamp('/doublonDe', `Ce signalement est lui-même un doublon de ${restant.doublonDe}.`)
    },
  )
}
