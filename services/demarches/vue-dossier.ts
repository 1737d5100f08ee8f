import type { z } from 'zod'
import type { Dossier, ResumeDossier } from '../../contracts/demarches.ts'
import { accuseReception } from './accuse-reception.ts'
import { demarche } from './catalogue.ts'
import {
  actionsPermises,
  type EtatDuDossier,
  horlogeDuDossier,
  type MessageDuDossier,
  type Role,
} from './dossier.ts'

/** The dossier as this role reads it, at this instant. */
export function vueDossier(
  dossier: EtatDuDossier,
  messages: MessageDuDossier[],
  role: Role,
  maintenant: Date,
): z.infer<typeof Dossier> {
  const definition = demarcheDe(dossier)
  const horloge = horlogeDuDossier(dossier, { demarche: definition, maintenant })
  return {
    id: dossier.id,
    reference: dossier.reference,
    demarche: { id: definition.id, version: definition.version, titre: definition.titre },
    secteur: dossier.secteur,
    etat: dossier.etat,
    formulaire: dossier.formulaire,
    pieces: dossier.pieces,
    corrections: dossier.corrections,
    messages,
    accuse: dossier.deposeLe
      ? accuseReception(definition, { reference: dossier.reference, deposeLe: dossier.deposeLe })
      : null,
    horloge: horloge.echeanceLe
      ? { silence: definition.horloge.silence, echeanceLe: horloge.echeanceLe, suspendue: horloge.suspendue }
      : null,
    decision: dossier.decision,
    etapes: dossier.etapes,
    actionsPermises: actionsPermises(dossier, role),
    version: dossier.version,
    creeLe: dossier.creeLe,
    modifieLe: dossier.modifieLe,
  }
}

export function resumeDossier(dossier: EtatDuDossier): z.infer<typeof ResumeDossier> {
  const { id, version, titre } = demarcheDe(dossier)
  return {
    id: dossier.id,
    reference: dossier.reference,
    demarche: { id, version, titre },
    secteur: dossier.secteur,
    etat: dossier.etat,
    version: dossier.version,
    creeLe: dossier.creeLe,
    modifieLe: dossier.modifieLe,
    deposeLe: dossier.deposeLe,
    echeanceLe: dossier.echeanceLe,
  }
}

/** The demarche in the version that the dossier was begun with. */
export function demarcheDe(dossier: Pick<EtatDuDossier, 'demarcheId' | 'demarcheVersion'>) {
  const definition = demarche(dossier.demarcheId, dossier.demarcheVersion)
  if (!definition) throw new Error(`demarche ${dossier.demarcheId} v${dossier.demarcheVersion} is gone`)
  return definition
}
