import type { z } from 'zod'
import type { Signalement } from '../../contracts/signalement.ts'
import type { CreerSignalement } from '../../contracts/signalements.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Call } from '../../infra/service.ts'
import { categorie as trouver } from './catalogue.ts'
import { refuserChamp } from './contenu.ts'
import { deposer, type Deposant } from './deposer.ts'
import { voir } from './lire-signalement.ts'
import { dejaEnvoye } from './renvoi.ts'
import * as store from './store.ts'

/** Without confirmation, so many reports of one address may wait at the same time: nobody is flooded in a stranger's name. */
const aConfirmerMax = 5
const attendreS = 3600

export async function creerSignalement(
  params: z.output<typeof CreerSignalement.params>,
  call: Call,
): Promise<Signalement> {
  const definition = trouver(params.categorie)
  if (!definition) refuserChamp('/categorie', 'Cette catégorie n’existe pas.')
  const { principal } = call
  switch (principal.kind) {
    case 'personne': {
      const usagerId = principal.usagers[definition.secteur]
      return await signaler({
        usagerId,
        client: null,
        aConfirmer: false,
        actor: { kind: 'usager', id: usagerId },
      })
    }
    case 'anonyme':
      refuserAnonyme(params, definition)
      await refuserTropNombreux(params, call)
      return await signaler({
        usagerId: null,
        client: null,
        aConfirmer: true,
        actor: { kind: 'usager', id: null },
      })
    case 'systeme':
      throw new Refusal('acces-refuse', 'Un système signale par Open311, avec sa clé.')
  }

  async function signaler(deposant: Deposant): Promise<Signalement> {
    return await voir(await deposer({ ...params, lienMedia: null }, deposant, call), call)
  }
}

function refuserAnonyme(
  { contact, photos }: z.output<typeof CreerSignalement.params>,
  { anonyme }: { anonyme: boolean },
): void {
  if (!anonyme) throw new Refusal('jeton-requis', 'Cette catégorie se signale avec un compte.')
  if (contact?.courriel === undefined)
    refuserChamp('/contact/courriel', 'Sans compte, une adresse électronique est nécessaire pour confirmer.')
  if (photos.length > 0) refuserChamp('/photos', 'Les photos s’envoient avec un compte.')
}

async function refuserTropNombreux(
  params: z.output<typeof CreerSignalement.params>,
  call: Call,
): Promise<void> {
  // What comes again sends no further link.
  if (await dejaEnvoye({ ...params, lienMedia: null }, { usagerId: null }, call)) return
  if ((await store.compterAConfirmer(call.db.sql, params.contact?.courriel ?? '')) >= aConfirmerMax)
    throw new Refusal(
      'trop-de-requetes',
      'Plusieurs signalements attendent déjà d’être confirmés depuis cette adresse: suivez d’abord les liens reçus.',
      { attendre: attendreS },
    )
}
