import { createHash } from 'node:crypto'
import type { z } from 'zod'
import { type FieldError, Refusal } from '../../contracts/errors.ts'
import type { DeposerRequeteOpen311 } from '../../contracts/open311.ts'
import { Contact } from '../../contracts/signalement.ts'
import type { Call } from '../../infra/service.ts'
import { chercher } from './acteur.ts'
import { categorie } from './catalogue.ts'
import { deposer } from './deposer.ts'
import { refuserJuridiction } from './open311-services.ts'
import type { SignalementLu } from './store.ts'
import { trouverClient } from './store-cles.ts'
import { refuserAdresseAilleurs } from './territoire.ts'

type Requete = z.output<typeof DeposerRequeteOpen311.params>
type Reponse = z.output<typeof DeposerRequeteOpen311.returns>

/** The names that GeoReport v2 gives to what the command refuses. */
const noms: Readonly<Record<string, string>> = {
  '/latitude': '/lat',
  '/longitude': '/long',
  '/adresse': '/address_string',
  '/categorie': '/service_code',
}

/** The same command as everybody's, given by a system for somebody whom it knows. */
export async function deposerRequete(requete: Requete, call: Call): Promise<Reponse> {
  const client =
    requete.api_key === undefined ? null : await trouverClient(call.db.sql, empreinte(requete.api_key))
  if (client === null) throw new Refusal('acces-refuse', 'api_key: une clé valable est nécessaire.')
  refuserJuridiction(requete)
  const { service_code: code, address_id: adresseId } = requete
  if (!categorie(code)) throw new Refusal('introuvable', 'service_code: cette catégorie n’existe pas.')
  if (adresseId !== undefined && !adresseId.startsWith('92046_'))
    throw new Refusal('hors-commune', 'address_id: cette adresse n’est pas à Malakoff.')
  if (requete.address_string !== undefined) refuserAdresseAilleurs(requete.address_string)
  try {
    const signalement = await deposer(
      {
        categorie: code,
        latitude: requete.lat,
        longitude: requete.long,
        adresse: requete.address_string ?? adresseId,
        description: requete.description,
        reponses: requete.attribute,
        photos: [],
        contact: contactDe(requete),
        lienMedia: requete.media_url ?? null,
        siDoublon: 'rejoindre',
      },
      { usagerId: null, client, aConfirmer: false, actor: { kind: 'systeme', id: client } },
      call,
    )
    return reponse(signalement)
  } catch (error) {
    throw error instanceof Refusal ? traduire(error) : error
  }
}

export async function relireRequete(id: string, call: Call): Promise<Reponse> {
  const signalement = await chercher(call, id)
  if (!signalement) throw new Refusal('introuvable')
  return reponse(signalement)
}

/** What is kept of a key: it is 256 random bits, so its digest alone leads nowhere. */
export function empreinte(cle: string): Buffer {
  return createHash('sha256').update(cle).digest()
}

function reponse({ reference, echeanceLe }: SignalementLu): Reponse {
  return [
    {
      service_request_id: reference,
      service_notice:
        echeanceLe === null ? '' : `Nous visons une réponse au plus tard le ${dateEnFrancais(echeanceLe)}.`,
      account_id: null,
    },
  ]
}

/** « 2 décembre 2026 », « 1er janvier 2027 ». */
function dateEnFrancais(jour: string): string {
  return new Date(jour)
    .toLocaleDateString('fr-FR', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
    .replace(/^1 /, '1er ')
}

function contactDe({ email, first_name: prenom, last_name: nom, phone }: Requete): Contact | undefined {
  if ([email, prenom, nom, phone].every((un) => un === undefined)) return undefined
  const telephone = phone
    ?.replaceAll(/[()/-]/g, ' ')
    .replaceAll(/ +/g, ' ')
    .trim()
  const contact = Contact.safeParse({ courriel: email, prenom, nom, telephone })
  if (contact.success) return contact.data
  throw new Refusal('donnees-invalides', undefined, {
    erreurs: [{ pointeur: '/phone', message: 'Un numéro de téléphone est attendu, comme 01 46 55 00 00.' }],
  })
}

function traduire({ code, detail, extra }: Refusal): Refusal {
  const erreurs: FieldError[] | undefined = extra.erreurs?.map((erreur) => ({
    ...erreur,
    pointeur: noms[erreur.pointeur] ?? erreur.pointeur.replace(/^\/reponses\/(.*)$/s, '/attribute[$1]'),
  }))
  return new Refusal(code, detail, { ...extra, ...(erreurs && { erreurs }) })
}
