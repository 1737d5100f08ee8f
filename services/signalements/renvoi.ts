import { isDeepStrictEqual } from 'node:util'
import { Refusal } from '../../contracts/errors.ts'
import type { Call } from '../../infra/service.ts'
import { ajouterPhotos } from './ajouter-photos.ts'
import type { Demande, Deposant } from './deposer.ts'
import * as store from './store.ts'
import { type Envoi, lireEnvoi } from './store-temoignages.ts'

/**
 * What was stored before under the id that the application drew. Photos that it lacked, because their sending was cut,
 * are added to it.
 * @throws Refusal `identifiant-reutilise` when something else bears that id, or what bore it was erased
 */
export async function dejaEnvoye(
  demande: Demande,
  { usagerId }: Pick<Deposant, 'usagerId'>,
  call: Call,
): Promise<store.SignalementLu | null> {
  const { id } = demande
  if (id === undefined) return null
  const envoi = await lireEnvoi(call.db.sql, id)
  if (!envoi) return null
  if (envoi === 'efface')
    throw new Refusal(
      'identifiant-reutilise',
      'Ce signalement a été effacé, faute de confirmation: envoyez-le comme un nouveau signalement.',
    )
  if (envoi.usagerId !== usagerId || !memeContenu(envoi, demande))
    throw new Refusal(
      'identifiant-reutilise',
      'Un autre signalement porte cet identifiant: envoyez celui-ci comme un nouveau signalement.',
    )
  // Whoever reads the answer waits for a mail: it must be the one that was sent.
  if (!isDeepStrictEqual(envoi.contact, demande.contact ?? null))
    throw new Refusal(
      'identifiant-reutilise',
      'Ce signalement est déjà enregistré avec d’autres coordonnées. Pour les corriger, envoyez-le comme un nouveau signalement; fait sans compte, le premier est effacé après 48 heures si personne ne suit son lien.',
    )
  const photos = demande.photos.filter((photo) => !envoi.photos.includes(photo))
  if (photos.length > 0) await ajouterPhotos({ id, photos }, call)
  return await store.lireSignalement(call.db.sql, { id })
}

function memeContenu(envoi: Envoi, demande: Demande): boolean {
  return (
    envoi.categorie === demande.categorie &&
    envoi.latitude === (demande.latitude ?? null) &&
    envoi.longitude === (demande.longitude ?? null) &&
    envoi.description === (demande.description ?? null) &&
    (envoi.reponses === null ||
      (envoi.adresse === (demande.adresse ?? null) && isDeepStrictEqual(envoi.reponses, demande.reponses)))
  )
}
