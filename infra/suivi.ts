import { events } from '../contracts/catalog.ts'
import type { ElementSuivi } from '../contracts/identity.ts'
import type { EventRow } from './event-log.ts'
import { typeset } from './typography.ts'

/** The event types that their citizen may see: those whose contract says it in words. */
export const typesDuSuivi: readonly string[] = [...events.values()].filter((e) => e.suivi).map((e) => e.type)

/** An event as its citizen reads it, in the timeline and in its live stream. */
export function elementSuivi(row: EventRow & { rang: number }): ElementSuivi {
  return {
    rang: row.rang,
    type: row.type,
    objet: row.subject,
    le: row.time.toISOString(),
    texte: typeset(events.get(row.type)?.suivi?.(row.data as never) ?? row.type),
    donnees: row.data,
  }
}
