import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { Refusal } from '../../contracts/errors.ts'

/** WGS 84, in degrees. */
export interface Point {
  readonly longitude: number
  readonly latitude: number
}

type Anneau = readonly (readonly [longitude: number, latitude: number])[]
/** The outer ring, then its holes (RFC 7946, section 3.1.6). */
export type Polygone = readonly Anneau[]

const Position = z.tuple([z.number(), z.number()])
const Polygones = z.array(z.array(Position).min(4)).min(1)
const Surface = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Polygon'), coordinates: Polygones }),
  z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(Polygones) }),
])
const Couche = z.object({
  features: z.array(
    z.object({ properties: z.object({ nom: z.string(), insee: z.string() }), geometry: Surface }),
  ),
})
const Zones = z.object({
  features: z.array(z.object({ properties: z.object({ code: z.string() }), geometry: Surface })),
})

function lire<S extends z.ZodType>(fichier: string, schema: S): z.output<S> {
  return schema.parse(JSON.parse(readFileSync(new URL(`./territoire/${fichier}`, import.meta.url), 'utf8')))
}

function polygones(surface: z.infer<typeof Surface>): readonly Polygone[] {
  return surface.type === 'Polygon' ? [surface.coordinates] : surface.coordinates
}

/** Malakoff first, then its neighbours: IGN Admin Express, simplified, Licence Ouverte 2.0. */
const communes = lire('communes.json', Couche)
  .features.map(({ properties: { nom, insee }, geometry }) => ({ nom, insee, surface: polygones(geometry) }))
  .toSorted((a, b) => Number(b.insee === '92046') - Number(a.insee === '92046'))
const [malakoff] = communes

const zones = lire('zones.json', Zones).features.map(({ properties: { code }, geometry }) => ({
  code,
  surface: polygones(geometry),
}))
export const nomsDesZones: ReadonlySet<string> = new Set(zones.map(({ code }) => code))

/**
 * A telephone is wrong by some metres, the limits here are simplified and run along the middle of streets: so far
 * outside still counts as inside.
 */
export const margeMetres = 30

/**
 * The town in which a point lies; null when it is none of those known here.
 * @returns `Malakoff` also for a point at most `margeMetres` outside it
 */
export function communeDe(point: Point): string | null {
  if (malakoff && distanceAuBord(point, malakoff.surface) <= margeMetres) return malakoff.nom
  return communes.find(({ surface }) => contient(surface, point))?.nom ?? null
}

/** @throws Refusal `hors-commune`, naming the town where it is known */
export function refuserHorsCommune(point: Point): void {
  const commune = communeDe(point)
  if (commune === malakoff?.nom) return
  throw new Refusal(
    'hors-commune',
    commune === null
      ? 'Ce lieu est hors de la commune: adressez-vous à la mairie de la ville où il se trouve.'
      : `Ce lieu est à ${commune}: adressez-vous à la mairie de ${commune}.`,
  )
}

const codesPostaux: Readonly<Record<string, string>> = {
  '92120': 'Montrouge',
  '92170': 'Vanves',
  '92320': 'Châtillon',
  '92220': 'Bagneux',
}

/**
 * An address can only be checked by the postal code in it, where there is one.
 * @throws Refusal `hors-commune`
 */
export function refuserAdresseAilleurs(adresse: string): void {
  const code = /\b\d{5}\b/.exec(adresse)?.[0]
  if (code === undefined || code === '92240') return
  const commune = codesPostaux[code]
  throw new Refusal(
    'hors-commune',
    commune
      ? `Cette adresse est à ${commune}: adressez-vous à la mairie de ${commune}.`
      : 'Cette adresse est hors de la commune (92240 Malakoff).',
  )
}

/** The zone of the city in which a point lies, for routing. */
export function zoneDe(point: Point): string | null {
  return zones.find(({ surface }) => contient(surface, point))?.code ?? null
}

/** Is the point in one of these polygons, and in none of its holes? (Even-odd rule: a hole turns it around once more.) */
export function contient(surface: readonly Polygone[], point: Point): boolean {
  return surface.some((anneaux) => anneaux.filter((anneau) => dansAnneau(anneau, point)).length % 2 === 1)
}

function dansAnneau(anneau: Anneau, { longitude: x, latitude: y }: Point): boolean {
  let dedans = false
  for (const [n, [x1, y1]] of anneau.entries()) {
    const [x2, y2] = anneau[(n + 1) % anneau.length]!
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) dedans = !dedans
  }
  return dedans
}

/** Metres for one degree of latitude (a sphere of 6,371 km). */
const metresParDegre = (6_371_000 * Math.PI) / 180

/** Metres between two points of one city, on a plane: wrong by less than one in a thousand at 10 km. */
export function distance(a: Point, b: Point): number {
  const { est, nord } = vecteur(a, b)
  return Math.hypot(est, nord)
}

function vecteur(de: Point, vers: Point): { est: number; nord: number } {
  const retrecissement = Math.cos((de.latitude * Math.PI) / 180)
  return {
    est: (vers.longitude - de.longitude) * metresParDegre * retrecissement,
    nord: (vers.latitude - de.latitude) * metresParDegre,
  }
}

/** Metres from the outside to the edge; 0 inside. */
function distanceAuBord(point: Point, surface: readonly Polygone[]): number {
  if (contient(surface, point)) return 0
  const bords = surface.flat().flatMap((anneau) =>
    anneau.slice(1).map((fin, n) => {
      const a = vecteur(point, enPoint(anneau[n]!))
      const b = vecteur(point, enPoint(fin))
      const [dx, dy] = [b.est - a.est, b.nord - a.nord]
      const longueur = dx * dx + dy * dy
      const part = longueur === 0 ? 0 : Math.min(1, Math.max(0, -(a.est * dx + a.nord * dy) / longueur))
      return Math.hypot(a.est + part * dx, a.nord + part * dy)
    }),
  )
  return Math.min(...bords)
}

function enPoint([longitude, latitude]: readonly [number, number]): Point {
  return { longitude, latitude }
}

/** West, south, east, north, in degrees. */
export type Cadre = readonly [ouest: number, sud: number, est: number, nord: number]

/** The smallest frame that holds everything so many metres around a point. */
export function cadreAutour({ longitude, latitude }: Point, metres: number): Cadre {
  const nord = metres / metresParDegre
  const est = nord / Math.cos((latitude * Math.PI) / 180)
  return [longitude - est, latitude - nord, longitude + est, latitude + nord]
}

/**
 * A frame as front ends write it: four numbers, west and south first.
 * @throws Refusal `donnees-invalides`
 */
export function lireCadre(bbox: string): Cadre {
  const nombres = bbox
    .split(',')
    .map((texte) => (/^-?\d{1,3}(\.\d{1,20})?$/.test(texte.trim()) ? Number(texte) : Number.NaN))
  const [ouest = Number.NaN, sud = Number.NaN, est = Number.NaN, nord = Number.NaN] = nombres
  if (
    nombres.length === 4 &&
    -180 <= ouest &&
    ouest <= est &&
    est <= 180 &&
    -90 <= sud &&
    sud <= nord &&
    nord <= 90
  )
    return [ouest, sud, est, nord]
  throw new Refusal('donnees-invalides', undefined, {
    erreurs: [
      {
        pointeur: '/bbox',
        message: 'Quatre nombres sont attendus: ouest,sud,est,nord, comme 2.28,48.81,2.31,48.82.',
      },
    ],
  })
}
