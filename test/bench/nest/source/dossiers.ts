import { IsObject, IsString, MaxLength } from 'class-validator'

/** What the two processes say to each other. */
export const lireDossier = 'dossiers.lire'
export const creerDossier = 'dossiers.creer'

export class CreerDossier {
  @IsString()
  @MaxLength(64)
  demarche!: string

  @IsObject()
  formulaire!: Record<string, unknown>
}

export interface Lire {
  readonly id: string
  readonly usagerId: string
}

export interface Creer {
  readonly dossier: CreerDossier
  readonly usagerId: string
}
