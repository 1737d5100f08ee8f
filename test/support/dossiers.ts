import {
  CreerDossier,
  DeciderDossier,
  DemanderCorrection,
  DeposerDossier,
  type Dossier,
  InstruireDossier,
  type PieceJointe,
} from '../../contracts/demarches.ts'
import { formulairesValides } from '../demarches/exemples.ts'
import type { Api } from './api.ts'

/** Dossiers in a given state, brought there through the API as people do. */

export interface Contents {
  readonly demarche?: string
  readonly formulaire?: Record<string, unknown>
  readonly pieces?: PieceJointe[]
}

/** A complete draft; by default of the civil registry (`etat-civil`), which asks for no attachment. */
export async function draft(usager: Api, contents: Contents = {}): Promise<Dossier> {
  const { demarche = 'acte-de-naissance', pieces = [] } = contents
  const formulaire = contents.formulaire ?? formulairesValides[demarche]!
  return await usager.ok(CreerDossier, { demarche, formulaire, pieces })
}

export async function deposited(usager: Api, contents?: Contents): Promise<Dossier> {
  const { id } = await draft(usager, contents)
  return await usager.ok(DeposerDossier, { id })
}

export async function inInstruction(usager: Api, agent: Api, contents?: Contents): Promise<Dossier> {
  const { id } = await deposited(usager, contents)
  return await agent.ok(InstruireDossier, { id })
}

export async function correctionAsked(usager: Api, agent: Api, contents?: Contents): Promise<Dossier> {
  const { id } = await inInstruction(usager, agent, contents)
  return await agent.ok(DemanderCorrection, { id, motif: 'incomplet', texte: 'Il manque la date.' })
}

export async function decided(usager: Api, agent: Api, contents?: Contents): Promise<Dossier> {
  const { id } = await inInstruction(usager, agent, contents)
  return await agent.ok(DeciderDossier, { id, sens: 'accepte' })
}
