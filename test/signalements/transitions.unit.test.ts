import { Refusal } from '../../contracts/errors.ts'
import { Etape } from '../../contracts/signalement.ts'
import { constaterRetard } from '../../services/signalements/minuteries.ts'
import { confirmer, creer } from '../../services/signalements/naissance.ts'
import { etapesPermises, type EtatDuSignalement, type Role } from '../../services/signalements/signalement.ts'
import { type Commande, executer } from '../../services/signalements/transitions.ts'

const friday = new Date('2026-11-27T10:00:00Z')
const delaiJoursOuvres = 3

function born(aConfirmer = false): EtatDuSignalement {
  return creer(
    {
      id: '0b6f1d0a-5b0e-4a56-9f0a-3f7f2d0c9a11',
      reference: 'AAA-AAA-AAA',
      usagerId: '0b6f1d0a-5b0e-4a56-9f0a-3f7f2d0c9a12',
      client: null,
      secteur: 'espace-public',
      service: 'voirie',
      categorie: 'tags',
      categorieJeu: 1,
      latitude: 48.8175,
      longitude: 2.297,
      adresse: null,
      description: 'Devant chez moi.',
      reponses: {},
      photos: ['p1', 'p2'],
      lienMedia: null,
      contact: null,
      constateLe: friday.toISOString(),
    },
    { maintenant: friday, delaiJoursOuvres, aConfirmer },
  ).etat
}

function order(state: EtatDuSignalement, commande: Commande, role: Role, maintenant = friday) {
  return executer(state, commande, { maintenant, delaiJoursOuvres, roles: [role] })
}

const steps: Record<Etape, Commande> = {
  pris_en_charge: { type: 'avancer', etape: 'pris_en_charge' },
  planifie: { type: 'avancer', etape: 'planifie', prevuLe: '2026-12-01' },
  en_cours: { type: 'avancer', etape: 'en_cours' },
  resolu: { type: 'avancer', etape: 'resolu' },
  clos_sans_suite: { type: 'avancer', etape: 'clos_sans_suite', raison: 'introuvable' },
}

/** Every state, by the shortest way. */
const ways: Record<EtatDuSignalement['etat'], Etape[]> = {
  a_confirmer: [],
  nouveau: [],
  pris_en_charge: ['pris_en_charge'],
  planifie: ['planifie'],
  en_cours: ['en_cours'],
  resolu: ['resolu'],
  clos_sans_suite: ['clos_sans_suite'],
}

/** By hand, from the life of a report. */
const allowed: Record<EtatDuSignalement['etat'], Etape[]> = {
  a_confirmer: [],
  nouveau: ['pris_en_charge', 'planifie', 'en_cours', 'resolu', 'clos_sans_suite'],
  pris_en_charge: ['planifie', 'en_cours', 'resolu', 'clos_sans_suite'],
  planifie: ['planifie', 'en_cours', 'resolu', 'clos_sans_suite'],
  en_cours: ['planifie', 'resolu', 'clos_sans_suite'],
  resolu: [],
  clos_sans_suite: [],
}

function reach(etat: EtatDuSignalement['etat']): EtatDuSignalement {
  return ways[etat].reduce(
    (state, step) => order(state, steps[step], 'agent').etat,
    born(etat === 'a_confirmer'),
  )
}

describe.each(Object.keys(ways) as EtatDuSignalement['etat'][])('a report that is %s', (etat) => {
  test.each(Etape.options)('goes to %s, or says what is possible', (step) => {
    const state = reach(etat)
    expect(state.etat).toBe(etat)
    const can = allowed[etat].includes(step)
    if (!can) return expect(() => order(state, steps[step], 'agent')).toThrow('transition-impossible')
    const { etat: next, evenement } = order(state, steps[step], 'agent')
    expect([next.etat, next.version]).toEqual([step, state.version + 1])
    expect(evenement.data).toMatchObject({ etat: step, etape: step, reference: 'AAA-AAA-AAA' })
    expect(next.etapes.at(-1)).toEqual({ etat: step, le: friday.toISOString(), message: null })
    expect(next.echeanceLe === null).toBe(step === 'resolu' || step === 'clos_sans_suite')
  })

  test('is led nowhere by its reporter or a follower', () => {
    for (const step of Etape.options)
      for (const role of ['auteur', 'suiveur'] as const)
        expect(() => order(reach(etat), steps[step], role)).toThrow('transition-impossible')
    expect(etapesPermises(reach(etat))).toEqual(allowed[etat])
  })
})

test('its period is counted in working days, from the day after', () => {
  expect(born().echeanceLe).toBe('2026-12-02')
})

test('no event says where it is or what was written, and none holds the reporter', () => {
  let state = born()
  const events = [order(state, steps.planifie, 'agent')]
  state = events[0]!.etat
  events.push(order(state, { type: 'questionner', texte: 'Quel numéro?', questionId: 'q1' }, 'agent'))
  events.push(order(events[1]!.etat, { type: 'repondre', texte: 'Le 7.' }, 'auteur'))
  events.push(order(events[2]!.etat, { type: 'publier', description: 'Un tag.', photos: ['p1'] }, 'agent'))
  const told = JSON.stringify(events.map(({ evenement }) => evenement.data))
  for (const secret of ['48.8', '2.29', 'Devant', 'Quel', 'Le 7', 'Un tag', state.usagerId!])
    expect(told).not.toContain(secret)
})

describe('refused with the field at fault:', () => {
  const cases: [string, Commande, string][] = [
    ['planned for no day', { type: 'avancer', etape: 'planifie' }, '/prevuLe'],
    ['planned for yesterday', { type: 'avancer', etape: 'planifie', prevuLe: '2026-11-26' }, '/prevuLe'],
    [
      'planned for another century',
      { type: 'avancer', etape: 'planifie', prevuLe: '9999-12-31' },
      '/prevuLe',
    ],
    ['a day without plan', { type: 'avancer', etape: 'resolu', prevuLe: '2026-12-01' }, '/prevuLe'],
    ['closed without reason', { type: 'avancer', etape: 'clos_sans_suite' }, '/raison'],
    ['a reason without closure', { type: 'avancer', etape: 'resolu', raison: 'prive' }, '/raison'],
    [
      'a duplicate of nothing',
      { type: 'avancer', etape: 'clos_sans_suite', raison: 'doublon' },
      '/doublonDe',
    ],
    [
      'a duplicate for another reason',
      { type: 'avancer', etape: 'clos_sans_suite', raison: 'prive', doublonDe: 'CCC-CCC-CCC' },
      '/doublonDe',
    ],
    [
      'a duplicate of itself',
      { type: 'avancer', etape: 'clos_sans_suite', raison: 'doublon', doublonDe: 'AAA-AAA-AAA' },
      '/doublonDe',
    ],
    ['a photo of another report', { type: 'publier', description: null, photos: ['p1', 'p9'] }, '/photos/1'],
  ]
  test.each(cases)('%s', (_, commande, pointeur) => {
    try {
      order(born(), commande, 'agent')
      throw new Error('taken')
    } catch (error) {
      expect((error as Refusal).extra?.erreurs?.map((one) => one.pointeur)).toEqual([pointeur])
    }
  })
})

test('one question at a time, and only its reporter answers', () => {
  const ask = { type: 'questionner', texte: 'Quel numéro?', questionId: 'q1' } as const
  const asked = order(born(), ask, 'agent').etat
  expect(() => order(asked, { ...ask, questionId: 'q2' }, 'agent')).toThrow('transition-impossible')
  expect(() => order(asked, { type: 'repondre', texte: 'Le 7.' }, 'suiveur')).toThrow('transition-impossible')
  const answered = order(asked, { type: 'repondre', texte: 'Le 7.' }, 'auteur').etat
  expect(answered.questions).toEqual([
    {
      id: 'q1',
      texte: 'Quel numéro?',
      poseeLe: friday.toISOString(),
      reponse: 'Le 7.',
      reponduLe: friday.toISOString(),
    },
  ])
  expect(() => order(answered, { type: 'repondre', texte: 'Le 8.' }, 'auteur')).toThrow(
    'transition-impossible',
  )
  expect(() => order({ ...born(), usagerId: null }, ask, 'agent')).toThrow('transition-impossible')
})

test('its reporter reopens it for 60 days: it is new again, with a new period', () => {
  const closed = order(born(), steps.clos_sans_suite, 'agent').etat
  const day60 = new Date(friday.getTime() + 60 * 24 * 3_600_000)
  const { etat, evenement } = order(closed, { type: 'rouvrir', texte: 'Il y est encore.' }, 'auteur', day60)
  expect([etat.etat, etat.raison, etat.echeanceLe]).toEqual(['nouveau', null, '2027-01-29'])
  expect(evenement.data).toMatchObject({ echeanceLe: '2027-01-29' })
  expect(() =>
    order(closed, { type: 'rouvrir', texte: 'Trop tard.' }, 'auteur', new Date(day60.getTime() + 1)),
  ).toThrow('transition-impossible')
  expect(() => order(closed, { type: 'rouvrir', texte: 'Moi?' }, 'agent')).toThrow('transition-impossible')
})

test('every order that is not possible is refused with a sentence of its own', () => {
  const closed = order(born(), steps.resolu, 'agent').etat
  const ask: Commande = { type: 'questionner', texte: 'Où?', questionId: 'q1' }
  const photos: Commande = { type: 'ajouter_photos', photos: ['n1'] }
  const late = new Date(friday.getTime() + 61 * 24 * 3_600_000)
  const refused: [EtatDuSignalement, Commande, Role, Date][] = [
    [closed, steps.en_cours, 'agent', friday],
    [closed, ask, 'agent', friday],
    [{ ...born(), usagerId: null }, ask, 'agent', friday],
    [order(born(), ask, 'agent').etat, ask, 'agent', friday],
    [born(), { type: 'repondre', texte: 'Là.' }, 'auteur', friday],
    [born(), { type: 'rouvrir', texte: 'Encore.' }, 'auteur', friday],
    [closed, { type: 'rouvrir', texte: 'Encore.' }, 'auteur', late],
    [closed, photos, 'auteur', friday],
    [{ ...born(), photos: Array.from({ length: 20 }, (_, n) => `f${n}`) }, photos, 'auteur', friday],
  ]
  const sentences = refused.map(([state, commande, role, at]) => {
    try {
      order(state, commande, role, at)
    } catch (error) {
      return (error as Refusal).detail
    }
    throw new Error(`${commande.type} was taken`)
  })
  expect(sentences).not.toContain(undefined)
  expect(new Set(sentences).size).toBe(refused.length)
})

test('an older version is refused before anything else', () => {
  const later = order(born(), steps.pris_en_charge, 'agent').etat
  const contexte = { maintenant: friday, delaiJoursOuvres, roles: ['agent'] as const, siVersion: 1 }
  expect(() => executer(later, steps.resolu, contexte)).toThrow('modifie-entre-temps')
})

test('who follows the link makes it a report of that day; twice is refused', () => {
  const waiting = born(true)
  expect([waiting.etat, waiting.echeanceLe, waiting.etapes]).toEqual(['a_confirmer', null, []])
  const monday = new Date('2026-11-30T09:00:00Z')
  const { etat } = confirmer(waiting, { maintenant: monday, delaiJoursOuvres })
  expect([etat.etat, etat.echeanceLe, etat.creeLe]).toEqual(['nouveau', '2026-12-03', monday.toISOString()])
  expect(() => confirmer(etat, { maintenant: monday, delaiJoursOuvres })).toThrow('introuvable')
})

test('that its period is over is told once the last day has ended in Paris, not before', () => {
  const state = born()
  expect(constaterRetard(state, new Date('2026-12-02T22:59:59Z'))).toBeNull()
  expect(constaterRetard(state, new Date('2026-12-02T23:00:00Z'))?.evenement.data).toMatchObject({
    echeanceLe: '2026-12-02',
  })
  expect(constaterRetard(order(state, steps.resolu, 'agent').etat, new Date('2027-01-01'))).toBeNull()
})

test('a report holds 20 photos, each once', () => {
  const more = Array.from({ length: 18 }, (_, n) => `n${n}`)
  const full = order(born(), { type: 'ajouter_photos', photos: ['p1', ...more] }, 'auteur').etat
  expect(full.photos).toHaveLength(20)
  expect(() => order(full, { type: 'ajouter_photos', photos: ['x'] }, 'auteur')).toThrow(
    'transition-impossible',
  )
  expect(() => order(born(), { type: 'ajouter_photos', photos: [...more, 'x'] }, 'auteur')).toThrow(
    'donnees-invalides',
  )
})
