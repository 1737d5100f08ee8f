import type { z } from 'zod'
import type { Signalement } from '../../contracts/signalement.ts'
import type { CreerSignalement } from '../../contracts/signalements.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Call } from '../../infra/service.ts'
import { categorie as trouver } from './catalogue.ts'
import { refuserChamp } from './contenu.ts'
import { deposer, type Deposant } from './deposer.ts'
import { voir } from './lire-signalement.ts'

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
