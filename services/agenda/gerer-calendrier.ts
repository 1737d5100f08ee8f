import { randomBytes, randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { OuvrirCalendrier } from '../../contracts/rendez-vous.ts'
import { Refusal } from '../../contracts/errors.ts'
import { personne } from '../../infra/access.ts'
import { transaction, violates } from '../../infra/db.ts'
import type { Call } from '../../infra/service.ts'
import { agentDe } from './acteur.ts'
import { evenementDe } from './exporter-rendez-vous.ts'
import { calendrier as ecrire } from './icalendar.ts'
import * as acces from './store-acces.ts'
import { listerRendezVousAgent } from './store-listes.ts'
import { vuesRendezVous } from './vue-rendez-vous.ts'

type Adresse = z.output<typeof OuvrirCalendrier.returns>

const unJourMs = 24 * 3_600_000

/** One address per agent and sector; a new one replaces the old, in one transaction. */
export async function ouvrirCalendrier(
  { secteur }: z.output<typeof OuvrirCalendrier.params>,
  call: Call,
): Promise<Adresse> {
  const origin = call.origin(agentDe(call, secteur))
  const { acteurId: agentId } = personne(call.principal)
  const nouveau = {
    id: randomUUID(),
    cle: randomBytes(32).toString('base64url'),
    secteur,
    agentId,
    version: 1,
  }
  for (let essai = 0; essai < 5; essai++)
    try {
      await transaction(call.db, 'ouvrir un calendrier', async (tx) => {
        const ancien = await acces.lireCalendrier(tx, { agentId, secteur })
        if (ancien) await acces.fermerCalendrier(tx, ancien, { ...origin, idempotency: null })
        await acces.ajouterCalendrier(tx, nouveau, origin)
      })
      return { id: nouveau.cle, secteur }
    } catch (error) {
      if (!violates(error, 'calendrier_agent')) throw error
    }
  throw new Refusal('service-indisponible')
}

export async function relireCalendrier(id: string, call: Call): Promise<Adresse> {
  const trouve = await acces.lireCalendrier(call.db.sql, { id })
  if (!trouve) throw new Refusal('introuvable')
  return { id: trouve.cle, secteur: trouve.secteur }
}

async function parCle(call: Call, cle: string): Promise<acces.Calendrier | null> {
  return /^[A-Za-z0-9_-]{43}$/.test(cle) ? await acces.lireCalendrier(call.db.sql, { cle }) : null
}

/** Who knows the address reads the hours and motifs of one agent; names, telephones and dossiers stay in the desk. */
export async function lireCalendrier({ id: cle }: { id: string }, call: Call): Promise<string> {
  const trouve = await parCle(call, cle)
  if (!trouve) throw new Refusal('introuvable')
  const maintenant = call.now()
  const rendezVous = await listerRendezVousAgent(call.db.sql, {
    secteurs: [trouve.secteur],
    agentId: trouve.agentId,
    de: new Date(maintenant.getTime() - 30 * unJourMs),
    a: new Date(maintenant.getTime() + 180 * unJourMs),
    apres: null,
    limite: 5_000,
  })
  const vues = await vuesRendezVous(call.db.sql, rendezVous, () => 'agent', maintenant)
  return ecrire(
    'Rendez-vous',
    vues.map((un) => evenementDe(un, null)),
  )
}

export async function fermerCalendrier({ id: cle }: { id: string }, call: Call): Promise<null> {
  const trouve = await parCle(call, cle)
  if (trouve?.agentId !== personne(call.principal).acteurId) throw new Refusal('introuvable')
  const origin = call.origin({ kind: 'agent', id: trouve.agentId })
  if (!(await acces.fermerCalendrier(call.db.sql, trouve, origin))) throw new Refusal('introuvable')
  call.db.committed.notify()
  return null
}
