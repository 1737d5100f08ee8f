import type { z } from 'zod'
import { Refusal } from '../../contracts/errors.ts'
import type { Signalement } from '../../contracts/signalement.ts'
import type { ConfirmerSignalement } from '../../contracts/signalements.ts'
import type { Call } from '../../infra/service.ts'
import { categorieDuJeu } from './catalogue.ts'
import { identifiantDuJeton } from './jeton.ts'
import { voir } from './lire-signalement.ts'
import { minuteriesApresConfirmation } from './minuteries.ts'
import { confirmer } from './naissance.ts'
import * as store from './store.ts'

/** Following the link twice is following it. */
export async function confirmerSignalement(
  { jeton }: z.output<typeof ConfirmerSignalement.params>,
  call: Call,
): Promise<Signalement> {
  const id = identifiantDuJeton(await store.lireSecret(call.db.sql), jeton)
  if (id === null) throw new Refusal('introuvable', 'Ce lien n’est pas, ou plus, valable.')
  const signalement = await store.lireSignalement(call.db.sql, { id })
  if (!signalement) throw new Refusal('introuvable', 'Ce lien n’est pas, ou plus, valable.')
  if (signalement.etat !== 'a_confirmer') return await voir(signalement, call)
  const { delaiJoursOuvres } = categorieDuJeu(signalement.categorie, signalement.categorieJeu)
  const resultat = confirmer(signalement, { maintenant: call.now(), delaiJoursOuvres })
  const origin = call.origin({ kind: 'usager', id: null })
  const stored = await store.enregistrer(
    call.db.sql,
    resultat,
    origin,
    minuteriesApresConfirmation(resultat.etat),
  )
  if (stored) call.db.committed.notify()
  const confirme = await store.lireSignalement(call.db.sql, { id })
  if (!confirme) throw new Refusal('introuvable', 'Ce lien n’est pas, ou plus, valable.')
  return await voir(confirme, call)
}
