import { randomUUID } from 'node:crypto'
import type { RendezVous } from '../../contracts/rendez-vous.ts'
import { Refusal } from '../../contracts/errors.ts'
import { personne } from '../../infra/access.ts'
import { type Transaction, transaction } from '../../infra/db.ts'
import type { Call } from '../../infra/service.ts'
import { acteur, estAgent, verifierDroit } from './acteur.ts'
import {
  autourDe,
  candidats,
  creneauxPour,
  indisponible,
  joursDeRechange,
  raisonDuRefus,
  suffisent,
} from './choisir-creneau.ts'
import type { CreneauLibre } from './creneaux.ts'
import { minuteries } from './minuteries.ts'
import type { Nouveau, Resultat } from './rendez-vous.ts'
import { ajouter, compterLesPrises, lireOffre, type OffreLue } from './store.ts'
import { vueRendezVous } from './vue-rendez-vous.ts'

export interface Demandee {
  readonly motif: string
  readonly lieu: string
  readonly debut: string
}

/** Of one account in one sector: more is no need of a person. */
const reservesAuPlus = 10
const aVenirAuPlus = 50

const essais = 20

/**
 * Takes a slot, for 5 minutes or for good: reads what is free, lets PostgreSQL decide who is first, and looks again when
 * it was somebody else.
 * @param decider what the slot becomes, once its agent is chosen
 * @throws Refusal `creneau-indisponible` with other free slots
 */
export async function prendreCreneau(
  call: Call,
  demandee: Demandee,
  usagerDe: (offre: OffreLue) => Promise<string | null>,
  decider: (nouveau: Nouveau, offre: OffreLue, maintenant: Date) => Resultat,
): Promise<RendezVous> {
  const autour = autourDe(demandee.debut, call.now())
  let usagerId: string | null | undefined
  for (let essai = 0; essai < essais; essai++) {
    const offre = await lireOffre(call.db.sql, { ...demandee, ...autour })
    if (!offre) throw new Refusal('introuvable')
    const { secteur } = offre.motif
    const agent = estAgent(call, secteur)
    const maintenant = call.now()
    if (usagerId === undefined) {
      await verifierDroit(call, offre.motif)
      usagerId = await usagerDe(offre)
    }
    const libres = creneauxPour(offre, autour, agent, maintenant)
    const choix = candidats(libres, demandee.debut)
    if (choix.length === 0) throw await refuser(call, offre, demandee, libres)
    const moi = personne(call.principal).usagers[secteur]
    const role = agent && usagerId !== moi ? 'agent' : 'usager'
    const origin = call.origin(acteur(call, secteur, role))
    for (const libre of choix) {
      const nouveau: Nouveau = {
        id: randomUUID(),
        secteur,
        motifId: offre.motif.id,
        lieuId: offre.lieu.id,
        agentId: libre.agentId,
        usagerId,
        debut: new Date(libre.debut).toISOString(),
        fin: new Date(libre.fin).toISOString(),
        place: 1,
        capacite: offre.motif.capacite,
      }
      const resultat = decider(nouveau, offre, maintenant)
      const timers = minuteries(resultat.etat, maintenant)
      const place = await transaction(call.db, 'prendre le creneau', async (tx) => {
        if (!agent) await verifierMesure(tx, moi, maintenant)
        return await ajouter(tx, resultat, origin, timers)
      })
      if (place === null) continue
      return vueRendezVous(resultat.etat, offre, role, maintenant)
    }
  }
  throw new Refusal('service-indisponible')
}

/** The refusal of a slot, with others of its day or, when there are too few, of the fortnight after it. */
export async function refuser(
  call: Call,
  offreLue: OffreLue,
  { debut }: Pick<Demandee, 'debut'>,
  duJour: readonly CreneauLibre[],
): Promise<Refusal> {
  const { motif, lieu } = offreLue
  const agent = estAgent(call, motif.secteur)
  const raison = raisonDuRefus(offreLue, debut, agent, call.now())
  if (suffisent(duJour)) return indisponible(duJour, debut, raison)
  const autour = autourDe(debut, call.now(), joursDeRechange)
  const offre = await lireOffre(call.db.sql, { motif: motif.id, lieu: lieu.id, ...autour })
  const libres = offre ? creneauxPour(offre, autour, agent, call.now()) : []
  return indisponible(libres, debut, raison)
}

async function verifierMesure(tx: Transaction, usagerId: string, maintenant: Date): Promise<void> {
  const { reserves, aVenir } = await compterLesPrises(tx, usagerId, maintenant)
  if (reserves >= reservesAuPlus)
    throw new Refusal(
      'acces-refuse',
      `Vous retenez déjà ${reservesAuPlus} créneaux: confirmez-les ou rendez-les.`,
    )
  if (aVenir >= aVenirAuPlus)
    throw new Refusal(
      'acces-refuse',
      `Vous avez déjà ${aVenirAuPlus} rendez-vous à venir dans ce service, créneaux retenus compris.`,
    )
}
