import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { categorie, jeu, lireCatalogue, serviceDe } from '../../services/signalements/catalogue.ts'
import { verifierReponses } from '../../services/signalements/contenu.ts'

const file = new URL('../../services/signalements/categories/categories.v1.json', import.meta.url)

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guichet-categories-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Reads the city's own set, changed in one place. */
function read(change: (set: typeof jeu) => void, name = 'categories.v1.json') {
  const set = JSON.parse(readFileSync(file, 'utf8')) as typeof jeu
  change(set)
  writeFileSync(join(folder, name), JSON.stringify(set))
  return lireCatalogue(pathToFileURL(`${folder}/`))
}

test('the city takes reports of more than twenty kinds, some without account', () => {
  expect(jeu.categories.length).toBeGreaterThanOrEqual(20)
  const anonymous = jeu.categories.filter(({ anonyme }) => anonyme)
  expect(anonymous.length).toBeGreaterThan(5)
  expect(anonymous.length).toBeLessThan(jeu.categories.length)
})

const v1 = 'categories.v1.json'
test.each<[string, (set: typeof jeu) => void, string]>([
  ['two with one code', (set) => set.categories.push(set.categories[0]!), v1],
  ['a service that is none', (set) => void (set.categories[0]!.service = 'lune'), v1],
  [
    'a zone that is none',
    (set) => void (set.categories[0]!.routage = [{ zone: 'ouest', service: 'voirie' }]),
    v1,
  ],
  ['a radius of nothing', (set) => void (set.categories[0]!.rayonDoublonMetres = 0), v1],
  ['a name of another version', () => {}, 'categories.v2.json'],
])('a set with %s is refused at start', (_, change, name) => {
  expect(() => read(change, name)).toThrow(/cannot be used/)
})

test('a category that is offered no more is still known to what was reported with it', () => {
  read(() => {})
  const both = read((set) => {
    set.version = 2
    set.categories.splice(0, 1)
  }, 'categories.v2.json')
  const { code } = jeu.categories[0]!
  expect(both.categorie(code)).toBeUndefined()
  expect(both.categorieDuJeu(code, 1).code).toBe(code)
})

test('the place says which team comes', () => {
  const encombrants = categorie('encombrants')!
  expect(serviceDe(encombrants, { latitude: 48.822, longitude: 2.301 })).toBe('proprete-nord')
  expect(serviceDe(encombrants, { latitude: 48.813, longitude: 2.294 })).toBe('proprete-sud')
  expect(serviceDe(encombrants, null)).toBe('proprete-nord')
})

describe('the answers to a category’s questions', () => {
  const depot = categorie('depot-sauvage')!
  const wrong: [string, Record<string, unknown>, string][] = [
    ['one that is missing', {}, '/reponses/nature'],
    ['an empty list', { nature: [] }, '/reponses/nature'],
    ['one that is not among the choices', { nature: ['or'] }, '/reponses/nature'],
    ['two where one is asked for', { nature: ['sacs'], volume: ['sac', 'coffre'] }, '/reponses/volume'],
    ['one to no question', { nature: 'sacs', 'a/b~c': 'x' }, '/reponses/a~1b~0c'],
    ['a number', { nature: 7 }, '/reponses/nature'],
    ['an object', { nature: { a: 1 } }, '/reponses/nature'],
    ['a text without end', { nature: 'x'.repeat(2001) }, '/reponses/nature'],
    ['a name that every object has', { nature: 'sacs', toString: 'x' }, '/reponses/toString'],
  ]
  test.each(wrong)('%s is told at its place', (_, reponses, pointeur) => {
    let erreurs: unknown
    try {
      verifierReponses(depot, reponses)
    } catch (error) {
      erreurs = (error as { extra: { erreurs: unknown } }).extra.erreurs
    }
    expect(erreurs).toEqual([{ pointeur, message: expect.any(String) as string }])
  })

  test('right ones are kept as they are', () => {
    const reponses = { nature: ['sacs', 'gravats'], volume: 'sac' }
    expect(verifierReponses(depot, reponses)).toEqual(reponses)
    expect(verifierReponses(categorie('frelon-asiatique')!, { hauteur: '4,5' })).toEqual({ hauteur: '4,5' })
    expect(verifierReponses(categorie('vehicule-epave')!, { depuis: '2026-11-01' })).toEqual({
      depuis: '2026-11-01',
    })
    expect(() => verifierReponses(categorie('vehicule-epave')!, { depuis: '2026-02-30' })).toThrow()
    expect(() => verifierReponses(categorie('frelon-asiatique')!, { hauteur: 'haut' })).toThrow()
  })
})
