import { randomInt } from 'node:crypto'
import type { z } from 'zod'
import type { Signalement } from '../../contracts/signalement.ts'
import { AvancerSignalement, CreerSignalement, PoserQuestion } from '../../contracts/signalements.ts'
import { communeDe } from '../../services/signalements/territoire.ts'
import type { Api } from './api.ts'

/** Reports in a given state, brought there through the API as people do. */

/** Somewhere in Malakoff, so that no two tests report the same thing at the same place. */
export function somewhere(): { latitude: number; longitude: number } {
  for (;;) {
    const place = {
      latitude: 48.811 + randomInt(13_000_000) / 1e9,
      longitude: 2.28 + randomInt(32_000_000) / 1e9,
    }
    if (communeDe(place) === 'Malakoff') return place
  }
}

/** Kinds that ask for nothing: where two reports at one place would be one, tests take different ones. */
export const plainKinds = [
  'feu-tricolore',
  'mobilier-urbain',
  'avaloir-bouche',
  'plaque-d-egout',
  'corbeille',
  'dejections-canines',
  'conteneur',
  'seringue',
  'candelabre-dangereux',
  'arbre-dangereux',
  'trottinette',
  'animal-mort',
] as const

type Contents = Partial<z.input<typeof CreerSignalement.params>>

/** What can be reported; by default a kind that wants an account, and asks for nothing. */
export function report(contents: Contents = {}): z.input<typeof CreerSignalement.params> {
  return { categorie: 'trottoir-abime', ...somewhere(), siDoublon: 'creer', ...contents }
}

export async function reported(usager: Api, contents?: Contents): Promise<Signalement> {
  return await usager.ok(CreerSignalement, report(contents))
}

export async function questioned(usager: Api, agent: Api, contents?: Contents): Promise<Signalement> {
  const { id } = await reported(usager, contents)
  return await agent.ok(PoserQuestion, { id, texte: 'De quel côté de la rue?' })
}

export async function resolved(usager: Api, agent: Api, contents?: Contents): Promise<Signalement> {
  const { id } = await reported(usager, contents)
  return await agent.ok(AvancerSignalement, { id, etape: 'resolu' })
}

/** Of somebody without account; nobody has followed the link yet. */
export async function unconfirmed(anyone: Api, courriel: string): Promise<Signalement> {
  return await anyone.ok(CreerSignalement, {
    categorie: 'panneau',
    ...somewhere(),
    contact: { courriel },
  })
}
