import { randomInt, randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { CreerSignalement } from '../../contracts/signalements.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Actor } from '../../contracts/principal.ts'
import type { Categorie } from '../../contracts/signalement.ts'
import { type Queryable, type Transaction, transaction, violates } from '../../infra/db.ts'
import type { Call } from '../../infra/service.ts'
import { nouvelleReference } from '../../infra/reference.ts'
import { categorie as trouver, jeu, serviceDe } from './catalogue.ts'
import { refuserChamp, type Reponses, verifierReponses } from './contenu.ts'
import { type Doublon, doublonsDe } from './doublons.ts'
import { minuteriesALaCreation } from './minuteries.ts'
import { creer } from './naissance.ts'
import * as store from './store.ts'
import { dejaEnvoye } from './renvoi.ts'
import { abonner } from './store-abonnements.ts'
import { compterTemoignages, noterTemoignage } from './store-temoignages.ts'
import { type Point, refuserAdresseAilleurs, refuserHorsCommune } from './territoire.ts'
import { ajouterPhotos } from './transitions.ts'
import { verifierPhotos } from './verifier-photos.ts'

/** Who reports, by which way. */
export interface Deposant {
  /** Under the identifier of the sector; null without account. */
  readonly usagerId: string | null
  /** The staff system that brings it by Open311. */
  readonly client: string | null
  /** Nobody sees it before its reporter has followed the link sent to them. */
  readonly aConfirmer: boolean
  readonly actor: Actor
}

export type Demande = z.output<typeof CreerSignalement.params> & { readonly lienMedia: string | null }

/** A telephone's clock may be ahead by so much. */
const avanceMs = 5 * 60_000
const ageMaxJours = 31
const essais = 20
/** Without confirmation, so many reports of one address may wait at the same time: nobody is flooded in a stranger's name. */
const aConfirmerMax = 5
/** And of one person, so many further reports are kept with one report: what others say of it must be seen. */
const temoignagesMax = 10
const attendreS = 3600

/**
 * Stores a report, once: what comes again under the same id is answered with what there is. When the same problem is
 * reported nearby already, its reporter joins those who follow that report, and what they wrote is kept with it.
 * @returns the report, new or joined
 * @throws Refusal `donnees-invalides`, `hors-commune`, `doublon-probable`, `piece-inconnue`; `identifiant-reutilise`
 * when something else bears that id
 */
export async function deposer(
  demande: Demande,
  deposant: Deposant,
  call: Call,
): Promise<store.SignalementLu> {
  // What is stored stays so, however old it is by now.
  const connu = await dejaEnvoye(demande, deposant, call)
  if (connu) return connu
  const definition = trouver(demande.categorie)
  if (!definition) refuserChamp('/categorie', 'Cette catégorie n’existe pas.')
  const lieu = lieuDe(demande)
  const reponses = verifierReponses(definition, demande.reponses)
  const maintenant = call.now()
  const constateLe = dateDuConstat(demande.constateLe, maintenant)
  for (let essai = 0; essai < essais; essai++) {
    const deja = essai > 0 && (await dejaEnvoye(demande, deposant, call))
    if (deja) return deja
    if (essai === 0) await verifierPhotos(call, definition.secteur, demande.photos)
    const doublon = await doublonConnu(demande, deposant, definition, lieu, call)
    try {
      const depose =
        doublon && lieu
          ? await rejoindre(doublon, { demande, deposant, lieu, constateLe }, call)
          : await enregistrer({ demande, deposant, definition, reponses, lieu, constateLe, maintenant }, call)
      if (depose) return depose
    } catch (error) {
      // The reference was drawn before; or the same report came twice at the same moment.
      if (
        !['signalement_reference', 'signalement_pkey', 'temoignage_pkey', 'envoi_pkey'].some((cle) =>
          violates(error, cle),
        )
      )
        throw error
    }
  }
  throw new Refusal('service-indisponible')
}

function lieuDe({ latitude, longitude, adresse }: Demande): Point | null {
  if ((latitude === undefined) !== (longitude === undefined))
    refuserChamp(latitude === undefined ? '/latitude' : '/longitude', 'Les deux coordonnées vont ensemble.')
  if (latitude === undefined || longitude === undefined) {
    if (adresse === undefined) refuserChamp('/latitude', 'Indiquez le lieu: des coordonnées ou une adresse.')
    refuserAdresseAilleurs(adresse)
    return null
  }
  refuserHorsCommune({ latitude, longitude })
  return { latitude, longitude }
}

function dateDuConstat(donnee: string | undefined, maintenant: Date): string {
  if (donnee === undefined) return maintenant.toISOString()
  const age = maintenant.getTime() - Date.parse(donnee)
  if (age < -avanceMs) refuserChamp('/constateLe', 'Cette date n’est pas encore passée.')
  if (age > ageMaxJours * 24 * 3_600_000)
    refuserChamp(
      '/constateLe',
      `Ce constat a plus de ${ageMaxJours} jours: vérifiez si le problème est encore là.`,
    )
  return new Date(Math.min(Date.parse(donnee), maintenant.getTime())).toISOString()
}

async function doublonConnu(
  { id, siDoublon }: Demande,
  { aConfirmer }: Deposant,
  definition: Categorie,
  lieu: Point | null,
  call: Call,
): Promise<Doublon | undefined> {
  if (!lieu || siDoublon === 'creer') return undefined
  // The same one may be stored at this very moment.
  const plusProche = (await doublonsDe(call.db.sql, definition, lieu)).find((un) => un.id !== id)
  const distanceMetres = plusProche ? Math.round(plusProche.distance) : 0
  if (plusProche && siDoublon === 'refuser')
    throw new Refusal(
      'doublon-probable',
      `Le signalement ${plusProche.reference} est à ${distanceMetres} m de là.`,
      { signalement: { id: plusProche.id, reference: plusProche.reference, distanceMetres } },
    )
  // Who is not known yet cannot follow anything.
  return aConfirmer ? undefined : plusProche
}

async function refuserTropNombreux(tx: Transaction, courriel: string): Promise<void> {
  if ((await store.compterAConfirmer(tx, courriel)) >= aConfirmerMax)
    throw new Refusal(
      'trop-de-requetes',
      'Plusieurs signalements attendent déjà d’être confirmés depuis cette adresse: suivez d’abord les liens reçus.',
      { attendre: attendreS },
    )
}

interface Rapport {
  readonly demande: Demande
  readonly deposant: Deposant
  readonly constateLe: string
}

/** null when the report has moved on in the meantime: nothing was written. */
async function rejoindre(
  doublon: Doublon,
  { demande, deposant, lieu, constateLe }: Rapport & { lieu: Point },
  call: Call,
): Promise<store.SignalementLu | null> {
  const temoignage = {
    id: demande.id ?? randomUUID(),
    description: demande.description ?? null,
    ...lieu,
    photos: demande.photos,
    contact: demande.contact ?? null,
    constateLe,
  }
  const { usagerId, actor } = deposant
  const origin = call.origin(actor)
  if (usagerId && (await compterTemoignages(call.db.sql, doublon.id, usagerId)) >= temoignagesMax)
    throw new Refusal(
      'trop-de-requetes',
      `Vous avez déjà écrit ${temoignagesMax} fois au sujet du signalement ${doublon.reference}.`,
      { attendre: attendreS },
    )
  if (usagerId !== null && usagerId === doublon.usagerId) {
    // Who reported it has its steps anyway: what they add is kept with their own.
    const resultat = ajouterPhotos(doublon, demande, { maintenant: call.now() })
    const also = noterTemoignage(
      call.db.sql,
      { ...temoignage, photos: [], signalementId: doublon.id, usagerId },
      origin,
    )
    if (!(await store.enregistrer(call.db.sql, resultat, origin, {}, also))) return null
  } else
    await abonner(
      call.db.sql,
      doublon,
      { id: randomUUID(), usagerId, origine: 'doublon', temoignage },
      origin,
    )
  call.db.committed.notify()
  const rejoint = await store.lireSignalement(call.db.sql, { id: doublon.id })
  if (!rejoint) throw new Error('a report that was just joined is not there')
  return rejoint
}

async function enregistrer(
  {
    demande,
    deposant: { aConfirmer, actor, usagerId, client },
    definition,
    reponses,
    lieu,
    constateLe,
    maintenant,
  }: Rapport & { definition: Categorie; reponses: Reponses; lieu: Point | null; maintenant: Date },
  call: Call,
): Promise<store.SignalementLu> {
  const resultat = creer(
    {
      id: demande.id ?? randomUUID(),
      reference: nouvelleReference(randomInt),
      usagerId,
      client,
      secteur: definition.secteur,
      service: serviceDe(definition, lieu),
      categorie: definition.code,
      categorieJeu: jeu.version,
      latitude: lieu?.latitude ?? null,
      longitude: lieu?.longitude ?? null,
      adresse: demande.adresse ?? null,
      description: demande.description ?? null,
      reponses,
      photos: [...new Set(demande.photos)],
      lienMedia: demande.lienMedia,
      contact: demande.contact ?? null,
      constateLe,
    },
    { maintenant, delaiJoursOuvres: definition.delaiJoursOuvres, aConfirmer },
  )
  const timers = minuteriesALaCreation(resultat.etat)
  const ecrire = (sql: Queryable) => store.enregistrer(sql, resultat, call.origin(actor), timers)
  if (aConfirmer)
    await transaction(call.db, 'creer le signalement', async (tx) => {
      await refuserTropNombreux(tx, demande.contact?.courriel ?? '')
      await ecrire(tx)
    })
  else {
    await ecrire(call.db.sql)
    call.db.committed.notify()
  }
  return { ...resultat.etat, suiveurs: 0 }
}
