import type { z } from 'zod'
import type { Demarche, Dossier, ResumeDossier } from '../../contracts/demarches.ts'
import { accuseReception } from './accuse-reception.ts'
import {
  actionsPermises,
  type EtatDuDossier,
  horlogeDuDossier,
  type MessageDuDossier,
  type Role,
} from './dossier.ts'

/** The dossier as this role reads it, at this instant; `definition` is the version that it was begun with. */
export function vueDossier(
  dossier: EtatDuDossier,
  definition: Demarche,
  messages: MessageDuDossier[],
  role: Role,
  maintenant: Date,
): z.infer<typeof Dossier> {
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

export function resumeDossier(
  dossier: EtatDuDossier,
  { id, version, titre }: Demarche,
): z.infer<typeof ResumeDossier> {
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
