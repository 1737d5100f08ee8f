import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { demarche, demarchesProposees, lireCatalogue } from '../../services/demarches/catalogue.ts'

describe('the procedures of the city', () => {
  test('are the six on offer, each in its sector', () => {
    expect(Object.fromEntries(demarchesProposees().map(({ id, secteur }) => [id, secteur]))).toEqual({
      'accompagnement-numerique': 'solidarites',
      'acte-de-naissance': 'etat-civil',
      'inscription-scolaire': 'education',
      'listes-electorales': 'etat-civil',
      'occupation-domaine-public': 'espace-public',
      'stationnement-residentiel': 'espace-public',
    })
  })

  test('say what silence means in each of the three ways', () => {
    const silences = demarchesProposees().map(({ horloge }) => horloge.silence)
    expect(silences.filter((silence) => silence === 'acceptation')).toHaveLength(1)
    expect(silences.filter((silence) => silence === 'rejet')).toHaveLength(2)
    expect(silences.filter((silence) => silence === 'aucun')).toHaveLength(3)
  })

  test('cite their texts and their remedies', () => {
    for (const { references, recours } of demarchesProposees()) {
      expect(references.length).toBeGreaterThan(0)
      expect(recours.length).toBeGreaterThan(100)
    }
  })

  test('are found by id and version', () => {
    expect(demarche('stationnement-residentiel')?.titre).toBe('Stationnement résidentiel')
    expect(demarche('stationnement-residentiel', 1)).toBe(demarche('stationnement-residentiel'))
    expect(demarche('stationnement-residentiel', 99)).toBeUndefined()
    expect(demarche('constructor')).toBeUndefined()
  })

  test('ask for a proof of address for a resident parking permit, and for nothing else', () => {
    const obligatoires = demarche('stationnement-residentiel')?.pieces.filter((piece) => piece.obligatoire)
    expect(obligatoires?.map((piece) => piece.id)).toEqual(['justificatif-domicile'])
  })
})

describe('reading a folder', () => {
  let dossier: string
  beforeEach(() => {
    dossier = mkdtempSync(join(tmpdir(), 'catalogue-'))
  })
  afterEach(() => rmSync(dossier, { recursive: true }))

  const valable = {
    id: 'essai',
    version: 1,
    titre: 'Essai',
    description: 'Une démarche.',
    secteur: 'education',
    formulaire: { type: 'object', properties: { nom: { type: 'string' } } },
    pieces: [{ id: 'plan', libelle: 'Plan', obligatoire: true }],
    horloge: { silence: 'rejet', delai: { mois: 2 }, corrections: 'continue' },
    recours: 'Le tribunal.',
    references: [],
  }
  const lire = () => lireCatalogue(pathToFileURL(`${dossier}/`))
  const ecrire = (nom: string, contenu: unknown) =>
    writeFileSync(join(dossier, nom), typeof contenu === 'string' ? contenu : JSON.stringify(contenu))

  test('offers the latest version and still knows the others, even past nine', () => {
    for (const version of [1, 2, 9, 10]) {
      ecrire(`essai.v${version}.json`, { ...valable, version, titre: `Essai ${version}` })
    }
    const catalogue = lire()
    expect(catalogue.demarchesProposees().map(({ titre }) => titre)).toEqual(['Essai 10'])
    expect(catalogue.demarche('essai')?.version).toBe(10)
    expect(catalogue.demarche('essai', 2)?.titre).toBe('Essai 2')
  })

  test.each([
    ['that is not JSON', '{'],
    ['without a title', { ...valable, titre: undefined }],
    ['of an unknown sector', { ...valable, secteur: 'sports' }],
    ['of another id', { ...valable, id: 'autre' }],
    ['of another version', { ...valable, version: 2 }],
    [
      'whose form has a keyword that does not exist',
      { ...valable, formulaire: { type: 'object', requis: [] } },
    ],
    [
      'whose form has a format that is not checked',
      { ...valable, formulaire: { type: 'string', format: 'iban' } },
    ],
    ['whose form has a wrong pattern', { ...valable, formulaire: { type: 'string', pattern: '(' } }],
    ['with the same attachment twice', { ...valable, pieces: [...valable.pieces, ...valable.pieces] }],
  ])('refuses a file %s, and names it', (_nom, contenu) => {
    ecrire('essai.v1.json', contenu)
    expect(lire).toThrow('essai.v1.json')
  })

  test('refuses a second file for the same version', () => {
    ecrire('essai.v1.json', valable)
    ecrire('essai-bis.v1.json', valable)
    expect(lire).toThrow('essai-bis.v1.json')
  })
})
