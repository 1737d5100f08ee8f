import { Refusal } from '../../contracts/errors.ts'
import {
  cadreAutour,
  communeDe,
  contient,
  distance,
  lireCadre,
  type Polygone,
  refuserAdresseAilleurs,
  refuserHorsCommune,
  zoneDe,
} from '../../services/signalements/territoire.ts'

const at = (latitude: number, longitude: number) => ({ latitude, longitude })

test.each([
  ['Malakoff', at(48.8175, 2.297), 'the town hall'],
  ['Montrouge', at(48.8155, 2.3155), 'a neighbour in the east'],
  ['Vanves', at(48.8215, 2.288), 'a neighbour in the north-west'],
  ['Châtillon', at(48.803, 2.287), 'a neighbour in the south'],
  ['Bagneux', at(48.8, 2.308), 'a neighbour in the south-east'],
])('%s is where %o is (%s)', (nom, point) => {
  expect(communeDe(point)).toBe(nom)
})

test('elsewhere is no town that is known here', () => {
  expect(communeDe(at(48.8566, 2.3522))).toBeNull() // Paris
  expect(communeDe(at(0, 0))).toBeNull()
})

test('a few metres outside still count: telephones err, and limits run along the middle of streets', () => {
  // The border between two corners, and a line at right angles to it, towards Montrouge.
  const [a, b] = [at(48.811347534043, 2.3001505122596), at(48.822290535442, 2.314145699673)]
  const middle = at((a.latitude + b.latitude) / 2, (a.longitude + b.longitude) / 2)
  const away = (metres: number) => {
    const east = (b.latitude - a.latitude) * 111_195
    const north = -(b.longitude - a.longitude) * 111_195 * Math.cos((middle.latitude * Math.PI) / 180)
    const length = Math.hypot(east, north)
    return at(
      middle.latitude + (north / length) * (metres / 111_195),
      middle.longitude + (east / length) * (metres / (111_195 * Math.cos((middle.latitude * Math.PI) / 180))),
    )
  }
  expect(distance(middle, away(20))).toBeCloseTo(20, 0)
  expect(communeDe(away(-20))).toBe('Malakoff')
  expect(communeDe(away(25))).toBe('Malakoff')
  expect(communeDe(away(35))).toBe('Montrouge')
})

test('a refusal names the town where it is known', () => {
  expect(() => refuserHorsCommune(at(48.8155, 2.3155))).toThrow('Montrouge')
  expect(() => refuserHorsCommune(at(48.8566, 2.3522))).toThrow('hors de la commune')
  expect(() => refuserHorsCommune(at(48.8175, 2.297))).not.toThrow()
})

test('an address is elsewhere when its postal code is', () => {
  expect(() => refuserAdresseAilleurs('4 rue Gabriel-Péri, 92120 Montrouge')).toThrow('Montrouge')
  expect(() => refuserAdresseAilleurs('1 rue de Rivoli, 75001 Paris')).toThrow(Refusal)
  expect(() => refuserAdresseAilleurs('12 rue Béranger, 92240 Malakoff')).not.toThrow()
  expect(() => refuserAdresseAilleurs('devant le 12 de la rue Béranger')).not.toThrow()
})

const square = (from: number, to: number): [number, number][] => [
  [from, from],
  [to, from],
  [to, to],
  [from, to],
  [from, from],
]

test('a point in a hole is outside, one on an island in the hole is inside', () => {
  const surface: Polygone[] = [[square(0, 10), square(2, 8)], [square(4, 6)]]
  expect(contient(surface, at(1, 1))).toBe(true)
  expect(contient(surface, at(3, 3))).toBe(false)
  expect(contient(surface, at(5, 5))).toBe(true)
  expect(contient(surface, at(11, 5))).toBe(false)
})

test('a polygon is the same whichever way around and wherever it begins', () => {
  const ring = square(0, 10)
  for (const [latitude, longitude] of [
    [5, 5],
    [0.001, 9.999],
    [12, 5],
    [-1, 0],
  ] as const) {
    const point = at(latitude, longitude)
    const inside = contient([[ring]], point)
    expect(contient([[ring.toReversed()]], point)).toBe(inside)
    const turned = [...ring.slice(2, -1), ...ring.slice(0, 3)]
    expect(contient([[turned]], point)).toBe(inside)
  }
})

test('routing zones divide the city: each place is in one', () => {
  expect(zoneDe(at(48.822, 2.301))).toBe('nord')
  expect(zoneDe(at(48.813, 2.294))).toBe('sud')
  expect(zoneDe(at(48.9, 2.3))).toBeNull()
})

test('distances are those of the earth', () => {
  // One minute of latitude is a nautical mile, 1852 m, to within the flattening.
  expect(distance(at(48.8, 2.3), at(48.8 + 1 / 60, 2.3))).toBeCloseTo(1853, -1)
  expect(distance(at(48.8, 2.3), at(48.8, 2.3 + 1 / 60))).toBeCloseTo(1220.6, -1)
})

test('a frame around a place holds what is so near, in all directions', () => {
  const centre = at(48.8175, 2.297)
  const [west, south, east, north] = cadreAutour(centre, 50)
  expect(distance(centre, at(north, centre.longitude))).toBeCloseTo(50, 5)
  expect(distance(centre, at(south, centre.longitude))).toBeCloseTo(50, 5)
  expect(distance(centre, at(centre.latitude, east))).toBeCloseTo(50, 5)
  expect(distance(centre, at(centre.latitude, west))).toBeCloseTo(50, 5)
})

test.each([
  '',
  '1,2,3',
  '1,2,3,4,5',
  'a,b,c,d',
  '2,48,1,49',
  '2,49,3,48',
  '-181,0,0,0',
  '0,0,0,91',
  '1e3,0,2,1',
  'NaN,0,1,1',
])('no frame: %s', (bbox) => {
  expect(() => lireCadre(bbox)).toThrow('donnees-invalides')
})

test('a frame as maps write it', () => {
  expect(lireCadre('2.28, 48.81,2.31,48.82')).toEqual([2.28, 48.81, 2.31, 48.82])
})
