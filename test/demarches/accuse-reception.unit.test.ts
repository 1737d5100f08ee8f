import { AccuseReception, type Demarche, type Silence } from '../../contracts/demarches.ts'
import { typeset } from '../../infra/typography.ts'
import { accuseReception } from '../../services/demarches/accuse-reception.ts'
import { demarchesProposees } from '../../services/demarches/catalogue.ts'

const depot = { reference: '333-333-333', deposeLe: '2026-01-31T23:30:00.000Z' }

function demarche(silence: Silence): Demarche {
  const [une] = demarchesProposees()
  if (!une) throw new Error('the catalogue is empty')
  return { ...une, horloge: { silence, delai: { mois: 2 }, corrections: 'continue' } }
}

test('it gives the day of receipt in Paris, the reference, who handles it and how to reach them', () => {
  const { texte } = accuseReception(demarche('rejet'), depot)
  expect(texte).toContain('a reçu le 1er février 2026 ')
  expect(texte).toContain('référence 333-333-333')
  expect(texte).toContain('place du 11-Novembre-1918, 92240 Malakoff')
  expect(texte).toContain('01 47 46 75 00')
})

test('silence that accepts: the day, and the right to a certificate', () => {
  const accuse = accuseReception(demarche('acceptation'), depot)
  expect(accuse.decisionImpliciteLe).toBe('2026-04-02')
  expect(accuse.texte).toContain('avant le 2 avril 2026, votre demande sera acceptée')
  expect(accuse.texte).toContain('attestation (article L232-3')
  expect(accuse.texte).not.toContain('rejet')
})

test('silence that rejects: the day', () => {
  const accuse = accuseReception(demarche('rejet'), depot)
  expect(accuse.decisionImpliciteLe).toBe('2026-04-02')
  expect(accuse.texte).toContain('avant le 2 avril 2026, votre demande sera rejetée')
  expect(accuse.texte).toContain('cette date sera repoussée')
})

test('silence that means nothing: it says so, and promises no decision', () => {
  const accuse = accuseReception(demarche('aucun'), depot)
  expect(accuse.decisionImpliciteLe).toBeNull()
  expect(accuse.texte).toContain('ne vaut ni acceptation ni rejet')
})

test('each demarche of the city gives a whole acknowledgement with its remedies', () => {
  for (const une of demarchesProposees()) {
    const accuse = accuseReception(une, depot)
    expect(AccuseReception.parse(accuse)).toEqual(accuse)
    expect(accuse.texte).toContain(une.titre)
    expect(accuse.texte).toContain(typeset(une.recours))
    expect(accuse.texte).not.toMatch(/undefined|null|Invalid/)
  }
})
