import type { ResumeSignalement, Signalement, Temoignage } from '../../contracts/signalement.ts'
import type { z } from 'zod'
import { categorieDuJeu, libelleDuService } from './catalogue.ts'
import { actionsPermises, etapesPermises, type Role } from './signalement.ts'
import type { SignalementLu } from './store.ts'

/** What anybody may read of a report. */
export function resume(signalement: SignalementLu): ResumeSignalement {
  const { code, libelle, groupe } = categorieDuJeu(signalement.categorie, signalement.categorieJeu)
  return {
    id: signalement.id,
    reference: signalement.reference,
    categorie: { code, libelle, groupe },
    etat: signalement.etat,
    raison: signalement.raison,
    doublonDe: signalement.doublonDe,
    latitude: signalement.latitude,
    longitude: signalement.longitude,
    service: libelleDuService(signalement.service),
    description: signalement.descriptionPublique,
    photos: signalement.photosPubliques,
    suiveurs: signalement.suiveurs,
    echeanceLe: signalement.echeanceLe,
    prevuLe: signalement.prevuLe,
    constateLe: signalement.constateLe,
    creeLe: signalement.creeLe,
    modifieLe: signalement.modifieLe,
    version: signalement.version,
  }
}

/**
 * The report as these roles read it: what a person wrote is for its reporter and the agents alone.
 * @param temoignages those that they may read
 */
export function vueSignalement(
  signalement: SignalementLu,
  roles: readonly Role[],
  maintenant: Date,
  temoignages: readonly z.infer<typeof Temoignage>[],
): Signalement {
  const agent = roles.includes('agent')
  return {
    ...resume(signalement),
    etapes: signalement.etapes,
    role: roles.find((un) => un !== 'temoin' && un !== 'personne') ?? null,
    actionsPermises: actionsPermises(signalement, roles, maintenant),
    etapesPermises: agent ? [...etapesPermises(signalement)] : [],
    prive:
      agent || roles.includes('auteur')
        ? {
            description: signalement.description,
            adresse: signalement.adresse,
            reponses: signalement.reponses,
            photos: signalement.photos,
            questions: signalement.questions,
            contact: agent ? signalement.contact : null,
            lienMedia: agent ? signalement.lienMedia : null,
            temoignages: [...temoignages],
            notes: agent ? signalement.notes : signalement.notes.filter(({ de }) => de === 'auteur'),
          }
        : temoignages.length > 0
          ? { ...rien, temoignages: [...temoignages] }
          : null,
  }
}

/** What the reporter wrote, for who did not write it. */
const rien = {
  description: null,
  adresse: null,
  reponses: {},
  photos: [],
  questions: [],
  contact: null,
  lienMedia: null,
  notes: [],
}
