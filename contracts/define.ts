import { z } from 'zod'
import type { ErrorCode } from './errors.ts'

/**
 * Who may call an action; a caller needs one of the listed rules, and a contract without any does not compile.
 * - `public`: anyone, no token
 * - `compte`: any signed-in person
 * - `proprietaire`: a signed-in person; the service checks that the object is theirs
 * - `agent`: a municipal officer; the service checks that the object is in one of their sectors
 * - `administrateur`: an administrator of the hub
 * - `systeme:<scope>`: a staff system whose client holds that scope
 */
export type Access = 'public' | 'compte' | 'proprietaire' | 'agent' | 'administrateur' | `systeme:${string}`

export interface Action<P extends z.ZodObject = z.ZodObject, R extends z.ZodType = z.ZodType> {
  /** Wire name, `<service>.<verbeObjet>`; the service is the owner. */
  readonly name: string
  /** One sentence for the API reference. */
  readonly summary: string
  readonly access: readonly [Access, ...Access[]]
  readonly params: P
  readonly returns: R
  /** The refusals its caller must expect, beside those that any route can give. */
  readonly errors: readonly ErrorCode[]
  /**
   * The name of a catalogue, when the answer depends on nothing else: it is the same for everybody until the next event
   * of `catalogue/<name>`, and who asked may keep it until then. The service answers from what is stored.
   */
  readonly catalogue?: string
  /** True when repeating it with the same `Idempotency-Key` must not do it again. */
  readonly command: boolean
}

type ActionInput<P extends z.ZodObject, R extends z.ZodType> = Omit<Action<P, R>, 'command' | 'errors'> & {
  errors?: readonly ErrorCode[]
}

/** A question: changes nothing. */
export function query<P extends z.ZodObject, R extends z.ZodType>(input: ActionInput<P, R>): Action<P, R> {
  return { errors: [], ...input, command: false }
}

/** An order: changes state once, however often it is repeated under one key. */
export function command<P extends z.ZodObject, R extends z.ZodType>(input: ActionInput<P, R>): Action<P, R> {
  return { errors: [], ...input, command: true }
}

/** The kinds of object that events are about; each has its own gapless sequence 1, 2, 3 ... per object. */
export type Aggregate =
  | 'compte'
  | 'dossier'
  | 'document'
  | 'signalement'
  | 'abonnement'
  | 'catalogue'
  | 'agenda'
  | 'rendez-vous'
  | 'evenement'
  | 'seance'

export interface EventContract<D extends z.ZodObject = z.ZodObject> {
  /** Wire name and CloudEvents `type`: `guichet.<aggregate>.<participe>.v<version>`. */
  readonly type: string
  readonly aggregate: Aggregate
  /** One sentence for the reference of events: what has happened. */
  readonly summary: string
  /** Thin: ids, states, codes, dates and the public reference; never a personal field (a test proves it). */
  readonly data: D
  /** What the citizen reads of it in the timeline; absent for events that are not theirs to see. */
  readonly suivi?: (data: z.infer<D>) => string
  /** Events whose data hold this are still the citizen's own affair: they are not told to staff systems. */
  readonly prive?: Partial<z.infer<D>>
}

/** Declares an event. A breaking change of `data` is a new version beside the old one. */
export function event<D extends z.ZodObject>(input: {
  aggregate: Aggregate
  name: string
  version: number
  summary: string
  data: D
  suivi?: (data: z.infer<D>) => string
  prive?: Partial<z.infer<D>>
}): EventContract<D> {
  return {
    type: `guichet.${input.aggregate}.${input.name}.v${input.version}`,
    aggregate: input.aggregate,
    summary: input.summary,
    data: input.data,
    ...(input.suivi && { suivi: input.suivi }),
    ...(input.prive && { prive: input.prive }),
  }
}

/** Marks a personal field: it never enters an event, a span, a log line or a metric. */
export function personal<T extends z.ZodType>(schema: T): T {
  return schema.meta({ personal: true }) as T
}

export const Id = z.uuid().describe('Identifiant opaque')

/** RFC 3339 has a year 0 and an offset can lead beyond 9999; PostgreSQL's calendar and ISO's four digits do not. */
const inCalendar = (text: string) =>
  Date.parse(text) >= Date.parse('0001-01-01') && Date.parse(text) < Date.parse('+010000-01-01')
const calendar = { message: 'Une année de 0001 à 9999 est attendue.', abort: true }
/** A civil day in Europe/Paris, `AAAA-MM-JJ`. */
export const Jour = z.iso
  .date({ abort: true })
  .refine(inCalendar, calendar)
  .describe('Jour civil (Europe/Paris), AAAA-MM-JJ')
/** An instant, RFC 3339 with offset. */
export const Instant = z.iso
  .datetime({ offset: true, abort: true })
  .refine(inCalendar, calendar)
  .describe('Instant RFC 3339 avec fuseau')

/** Keyset page of a list: `suivant` is null on the last page. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ elements: z.array(item), suivant: z.string().nullable() })
}

/** The query of every keyset list. */
export const Pagination = {
  apres: z.string().max(500).optional().describe('Curseur opaque: le `suivant` de la page précédente'),
  limite: z.coerce.number().int().min(1).max(100).default(20).describe('Taille de page, 1 à 100'),
}

/** Optimistic locking: filled from `If-Match`; the command is refused when the object has moved on. */
export const SiVersion = {
  siVersion: z.number().int().min(1).optional().describe('Version attendue (en-tête If-Match)'),
}
