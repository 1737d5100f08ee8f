import {
  DeciderDossier,
  type Dossier,
  InstruireDossier,
  ListerDossiers,
  ListerDossiersAgent,
} from '../../contracts/demarches.ts'
import type { Action } from '../../contracts/define.ts'
import { LireSuivi } from '../../contracts/identity.ts'
import { formulairesValides } from '../demarches/exemples.ts'
import type { Api } from '../support/api.ts'
import { correctionAsked, deposited, draft } from '../support/dossiers.ts'
import { eventually } from '../support/eventually.ts'
import { stranger } from '../support/people.ts'

interface Page<T> {
  elements: T[]
  suivant: string | null
}

/** Every page of a list, one after the other; `between` runs after each. */
async function pages<T>(
  api: Api,
  list: Action,
  params: object,
  between: () => Promise<unknown> = async () => {},
): Promise<T[][]> {
  const read: T[][] = []
  let apres: string | null | undefined
  while (apres !== null) {
    const page = (await api.ok(list, { ...params, ...(apres && { apres }) })) as Page<T>
    read.push(page.elements)
    apres = page.suivant
    await between()
  }
  return read
}

const ids = (dossiers: readonly { id: string }[]) => dossiers.map((dossier) => dossier.id)

describe('my dossiers', () => {
  test('come newest first, each once, while new ones are begun', async () => {
    const someone = stranger()
    const known: Dossier[] = []
    for (let n = 0; n < 11; n++) known.push(await draft(someone))
    const read = await pages<{ id: string }>(someone, ListerDossiers, { limite: 3 }, () => draft(someone))
    expect(read.map((page) => page.length)).toEqual([3, 3, 3, 2])
    expect(ids(read.flat())).toEqual(ids(known).toReversed())
  })

  test('begun in the same instant are told apart', async () => {
    const someone = stranger()
    const known = await Promise.all(Array.from({ length: 20 }, () => draft(someone)))
    const read = await pages<{ id: string }>(someone, ListerDossiers, { limite: 1 })
    expect(ids(read.flat()).toSorted()).toEqual(ids(known).toSorted())
  })

  test('end exactly where a page is full without a page too many', async () => {
    const someone = stranger()
    for (let n = 0; n < 4; n++) await draft(someone)
    expect((await pages(someone, ListerDossiers, { limite: 2 })).map((page) => page.length)).toEqual([2, 2])
    expect(await pages(stranger(), ListerDossiers, {})).toEqual([[]])
  })

  test('are of every sector and only mine, and can be narrowed to a state', async () => {
    const someone = stranger()
    const draftOfCivilRegistry = await draft(someone)
    const draftOfPublicSpace = await draft(someone, { demarche: 'stationnement-residentiel' })
    const given = await deposited(someone)
    await deposited(stranger())
    const all = [given, draftOfPublicSpace, draftOfCivilRegistry]
    expect(ids((await someone.ok(ListerDossiers, {})).elements)).toEqual(ids(all))
    expect(ids((await someone.ok(ListerDossiers, { etat: 'en_construction' })).elements)).toEqual([given.id])
    expect((await someone.ok(ListerDossiers, { etat: 'refuse' })).elements).toEqual([])
  })
})

describe('my timeline', () => {
  test('comes newest first, each once, while more happens', async () => {
    const someone = stranger()
    const known: Dossier[] = []
    for (let n = 0; n < 9; n++) known.push(await draft(someone))
    await eventually(async () => expect((await someone.ok(LireSuivi, {})).elements).toHaveLength(9))
    const read = await pages<{ rang: number; objet: string }>(someone, LireSuivi, { limite: 2 }, () =>
      draft(someone),
    )
    expect(read.flat().map((element) => element.objet)).toEqual(
      known.map(({ id }) => `dossier/${id}`).toReversed(),
    )
    const rangs = read.flat().map((element) => element.rang)
    expect(rangs).toEqual(rangs.toSorted((a, b) => b - a))
  })

  test('is of all sectors and mine alone, and says each thing in words', async () => {
    const [someone, other] = [stranger(), stranger()]
    const given = [
      await deposited(someone),
      await deposited(someone, { demarche: 'accompagnement-numerique' }),
    ]
    await deposited(other)
    await eventually(async () => {
      const { elements } = await someone.ok(LireSuivi, {})
      expect(elements.map((element) => element.texte).toReversed()).toEqual(
        given.flatMap(({ reference }) => [
          `Vous avez commencé le dossier ${reference}.`,
          `Votre dossier ${reference} est déposé.`,
        ]),
      )
    })
  })
})

describe('the dossiers of an agent', () => {
  const agent = stranger(['usager', 'agent:solidarites'])
  const demarche = 'accompagnement-numerique'
  const search = async (texte: string, more: object = {}) =>
    ids((await agent.ok(ListerDossiersAgent, { texte, ...more })).elements)

  /** A form that nobody else's search finds. */
  function unique(change: object = {}) {
    const word = `mot${Math.random().toString(36).slice(2)}`
    return {
      word,
      contents: { demarche, formulaire: { ...formulairesValides[demarche], nom: word, ...change } },
    }
  }

  test('come in order of their legal day, each once, while new ones arrive', async () => {
    const someone = stranger()
    const { word, contents } = unique()
    const known = await Promise.all(Array.from({ length: 11 }, () => deposited(someone, contents)))
    const more = unique()
    const read = await pages<{ id: string; echeanceLe: string }>(
      agent,
      ListerDossiersAgent,
      { limite: 3, texte: word },
      () => deposited(someone, more.contents),
    )
    expect(read.map((page) => page.length)).toEqual([3, 3, 3, 2])
    expect(ids(read.flat()).toSorted()).toEqual(ids(known).toSorted())
    const all = (
      await pages<{ id: string; echeanceLe: string | null }>(agent, ListerDossiersAgent, { limite: 100 })
    ).flat()
    const days = all.map((dossier) => dossier.echeanceLe ?? '9999-12-31')
    expect(days).toEqual(days.toSorted())
    expect(new Set(ids(all)).size).toBe(all.length)
  })

  test('without a legal day any more come last, and are still there', async () => {
    const someone = stranger()
    const { word, contents } = unique()
    const [first, second] = [await deposited(someone, contents), await deposited(someone, contents)]
    await agent.ok(InstruireDossier, { id: first.id })
    await agent.ok(DeciderDossier, { id: first.id, sens: 'accepte' })
    const read = await pages<{ id: string }>(agent, ListerDossiersAgent, { texte: word, limite: 1 })
    expect(ids(read.flat())).toEqual([second.id, first.id])
  })

  test('can be narrowed to a state, a demarche, a day', async () => {
    const someone = stranger()
    const { word, contents } = unique()
    const waiting = await deposited(someone, contents)
    const taken = await deposited(someone, contents)
    await agent.ok(InstruireDossier, { id: taken.id })
    expect(await search(word, { etat: 'en_construction' })).toEqual([waiting.id])
    expect(await search(word, { etat: 'en_instruction' })).toEqual([taken.id])
    expect(await search(word, { demarche })).toHaveLength(2)
    expect(await search(word, { demarche: 'acte-de-naissance' })).toEqual([])
    const day = waiting.horloge!.echeanceLe
    expect(await search(word, { echeanceAvant: day })).toEqual([])
    const next = new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10)
    expect((await search(word, { echeanceAvant: next })).toSorted()).toEqual(ids([waiting, taken]).toSorted())
  })

  test('are found by any words of the form, by their beginnings, whatever the accents and the case', async () => {
    const someone = stranger()
    const { word, contents } = unique({ prenom: 'Éléonore-Zoé', telephone: '01 46 55 12 34' })
    const { id } = await deposited(someone, contents)
    for (const saisie of [
      word,
      word.slice(0, -2),
      word.toUpperCase(),
      `${word} éléonore`,
      `ELEO ${word}`,
      `${word} zoe`,
      `${word}, Éléonore-Zoé!`,
      `${word} 55`,
    ])
      expect([saisie, await search(saisie)]).toEqual([saisie, [id]])
    for (const saisie of [`${word}x`, word.slice(1), `${word} absent`])
      expect([saisie, await search(saisie)]).toEqual([saisie, []])
  })

  test('are found by what the form says today, not by what it said', async () => {
    const someone = stranger()
    const [before, after] = [unique(), unique()]
    const { id } = await correctionAsked(someone, agent, before.contents)
    expect(await search(before.word)).toEqual([id])
    await someone.send('PATCH', `/v1/dossiers/${id}`, { body: { formulaire: after.contents.formulaire } })
    expect([await search(before.word), await search(after.word)]).toEqual([[], [id]])
  })

  test('are found by their reference, however it is typed, and not by a wrong one', async () => {
    const { id, reference } = await deposited(stranger(), { demarche })
    const typed = [
      reference,
      reference.toLowerCase(),
      reference.replaceAll('-', ''),
      reference.replaceAll('-', ' '),
      ` ${reference} `,
    ]
    for (const saisie of typed) expect(await search(saisie)).toEqual([id])
    const last = reference.at(-1) === '3' ? '4' : '3'
    expect(await search(reference.slice(0, -1) + last)).toEqual([])
  })

  test('are of their sectors only, whatever they search', async () => {
    const { word, contents } = unique()
    await deposited(stranger(), contents)
    for (const sector of ['education', 'espace-public', 'etat-civil'])
      expect((await stranger([`agent:${sector}`]).ok(ListerDossiersAgent, { texte: word })).elements).toEqual(
        [],
      )
  })
})
