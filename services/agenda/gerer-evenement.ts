import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type {
  DecrireEvenements,
  EvenementPublic,
  ListerEvenementsPublics,
  ModifierEvenement,
  PublierEvenement,
} from '../../contracts/conseils.ts'
import { Id, Instant } from '../../contracts/define.ts'
import { Refusal } from '../../contracts/errors.ts'
import { decodeCursor, encodeCursor } from '../../infra/cursor.ts'
import type { Call } from '../../infra/service.ts'
import { agentDe, estAgent } from './acteur.ts'
import { bornes } from './choisir-creneau.ts'
import { presents } from './gerer-motif.ts'
import { calendrier, type EvenementIcs } from './icalendar.ts'
import { ecartEntre, refuserChamp } from './champs.ts'
import * as store from './store-publications.ts'

const unJourMs = 24 * 3_600_000
export const CurseurDebut = z.tuple([Instant, Id])

export async function listerEvenementsPublics(
  { apres, limite, du, au }: z.output<typeof ListerEvenementsPublics.params>,
  call: Call,
): Promise<z.output<typeof ListerEvenementsPublics.returns>> {
  if (du !== undefined && au !== undefined) ecartEntre(du, au)
  const depuis1970 = (jour: string) => (jour < '1970-01-01' ? '1970-01-01' : jour)
  const [debut, id] = apres ? decodeCursor(apres, CurseurDebut) : []
  const lus = await store.listerEvenements(call.db.sql, {
    de: du ? new Date(bornes(depuis1970(du), du).de) : call.now(),
    a: au ? new Date(bornes(au, depuis1970(au)).a) : null,
    apres: debut && id ? { debut: new Date(debut).toISOString(), id } : null,
    limite: limite + 1,
  })
  const dernier = lus[limite - 1]
  return {
    elements: lus.slice(0, limite),
    suivant: lus.length > limite && dernier ? encodeCursor([dernier.debut, dernier.id]) : null,
  }
}

export async function lireEvenementPublic({ id }: { id: string }, call: Call): Promise<EvenementPublic> {
  const evenement = await store.lireEvenement(call.db.sql, id)
  if (!evenement) throw new Refusal('introuvable')
  return evenement
}

export async function publierEvenement(
  champs: z.output<typeof PublierEvenement.params>,
  call: Call,
): Promise<EvenementPublic> {
  const origin = call.origin(agentDe(call, champs.secteur))
  const evenement = verifie({
    id: randomUUID(),
    ...champs,
    annule: false,
    version: 1,
    modifieLe: origin.time.toISOString(),
  })
  await store.enregistrerEvenement(call.db.sql, evenement, origin)
  call.db.committed.notify()
  return evenement
}

export async function modifierEvenement(
  { id, siVersion, ...champs }: z.output<typeof ModifierEvenement.params>,
  call: Call,
): Promise<EvenementPublic> {
  for (let essai = 0; essai < 5; essai++) {
    const evenement = await lireEvenementPublic({ id }, call)
    if (!estAgent(call, evenement.secteur)) throw new Refusal('introuvable')
    if (siVersion !== undefined && siVersion !== evenement.version) throw new Refusal('modifie-entre-temps')
    const origin = call.origin(agentDe(call, evenement.secteur))
    const suivant = verifie({
      ...evenement,
      ...presents(champs),
      version: evenement.version + 1,
      modifieLe: origin.time.toISOString(),
    })
    if (await store.enregistrerEvenement(call.db.sql, suivant, origin)) {
      call.db.committed.notify()
      return suivant
    }
  }
  throw new Refusal('service-indisponible')
}

function verifie(evenement: EvenementPublic): EvenementPublic {
  const debut = new Date(evenement.debut).toISOString()
  const fin = new Date(evenement.fin).toISOString()
  if (fin < debut) refuserChamp('/fin', 'La fin vient avant le début.')
  return { ...evenement, debut, fin }
}

/** What calendars and search engines are given: to come, and the last 30 days, the soonest 1,000. */
async function actuels(call: Call): Promise<EvenementPublic[]> {
  const de = new Date(call.now().getTime() - 30 * unJourMs)
  return await store.listerEvenements(call.db.sql, { de, a: null, apres: null, limite: 1_000 })
}

export async function exporterEvenement({ id }: { id: string }, call: Call): Promise<string> {
  const evenement = await lireEvenementPublic({ id }, call)
  return calendrier(evenement.titre, [enIcs(evenement)])
}

export async function exporterEvenements(_: object, call: Call): Promise<string> {
  return calendrier('Ville de Malakoff', (await actuels(call)).map(enIcs))
}

function enIcs(un: EvenementPublic): EvenementIcs {
  return {
    uid: `evenement-${un.id}@guichet.malakoff.fr`,
    sequence: un.version,
    debut: new Date(un.debut),
    fin: new Date(un.fin),
    modifieLe: new Date(un.modifieLe),
    titre: un.titre,
    lieu: [un.lieu, un.situation].filter(Boolean).join(', '),
    description: un.description,
    annule: un.annule,
  }
}

/** schema.org `Event` (https://schema.org/Event), as JSON-LD. */
export async function decrireEvenements(
  _: object,
  call: Call,
): Promise<z.output<typeof DecrireEvenements.returns>> {
  const evenements = await actuels(call)
  return {
    '@context': 'https://schema.org',
    '@graph': evenements.map((un) => ({
      '@type': 'Event',
      '@id': `${call.config.publicUrl}/v1/agenda/evenements/${un.id}`,
      name: un.titre,
      ...(un.description !== null && { description: un.description }),
      startDate: un.debut,
      endDate: un.fin,
      eventAttendanceMode: 'https://schema.org/OfflineEventAttendanceMode',
      eventStatus: `https://schema.org/Event${un.annule ? 'Cancelled' : 'Scheduled'}`,
      isAccessibleForFree: un.gratuit,
      location: {
        '@type': 'Place',
        name: un.lieu,
        ...(un.situation !== null && { address: un.situation }),
      },
      organizer: { '@type': 'GovernmentOrganization', name: 'Ville de Malakoff' },
    })),
  }
}
