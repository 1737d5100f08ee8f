import * as agenda from './agenda.ts'
import * as evenementsDeLAgenda from './agenda-evenements.ts'
import type { Action, EventContract } from './define.ts'
import * as conseils from './conseils.ts'
import * as evenementsDesConseils from './conseils-evenements.ts'
import * as demarches from './demarches.ts'
import * as documents from './documents.ts'
import * as hub from './hub.ts'
import * as identity from './identity.ts'
import * as oparl from './oparl.ts'
import * as open311 from './open311.ts'
import * as rendezVous from './rendez-vous.ts'
import * as signalements from './signalements.ts'
import * as evenementsDesSignalements from './signalements-evenements.ts'

const declared: unknown[] = [
  identity,
  demarches,
  documents,
  signalements,
  open311,
  evenementsDesSignalements,
  agenda,
  rendezVous,
  evenementsDeLAgenda,
  conseils,
  evenementsDesConseils,
  oparl,
  hub,
].flatMap((owner) => Object.values(owner))

/** Every action of the hub by its wire name. */
export const actions: ReadonlyMap<string, Action> = new Map(
  declared.filter(isAction).map((action) => [action.name, action]),
)

/** Every event of the hub by its wire type. */
export const events: ReadonlyMap<string, EventContract> = new Map(
  declared.filter(isEvent).map((event) => [event.type, event]),
)

function isAction(value: unknown): value is Action {
  return typeof value === 'object' && value !== null && 'access' in value && 'params' in value
}

function isEvent(value: unknown): value is EventContract {
  return typeof value === 'object' && value !== null && 'aggregate' in value && 'data' in value
}
