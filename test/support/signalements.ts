import { randomInt } from 'node:crypto'
import type { z } from 'zod'
import type { Signalement } from '../../contracts/signalement.ts'
import { AvancerSignalement, CreerSignalement, PoserQuestion } from '../../contracts/signalements.ts'
import type { Api } from './api.ts'

/** Reports in a given state, brought there through the API as people do. */

/** Somewhere in Malakoff, so that no two tests report the same thing at the same place. */
export function somewhere(): { latitude: number; longitude: number } {
  return { latitude: 48.814 + randomInt(4_000_000) / 1e9, longitude: 2.292 + randomInt(8_000_000) / 1e9 }
}

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
