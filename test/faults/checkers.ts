import type { Sql } from '../../infra/db.ts'
import { expectedTypes, type History } from './load.ts'

/** What the databases hold against what the clients were told. All zero is right. */
export interface Verdict {
  /** Acknowledged steps whose event is not in the log. */
  lostSteps: number
  /** Dossiers that nobody was told of, or events beyond those of the journey. */
  unexpected: number
  /** Events never given to the probe; effects it wrote twice; effects out of order. */
  lostEffects: number
  doubledEffects: number
  reorderedEffects: number
  /** In the documents service: pieces not frozen or decisions not handed over; and those done twice. */
  lostInDocuments: number
  doubledInDocuments: number
  /** Ranks missing or given twice, or against the sequence of an aggregate. */
  wrongRanks: number
}

/** The verdict on a hub that kept its promises. */
export const noFault: Verdict = {
  lostSteps: 0,
  unexpected: 0,
  lostEffects: 0,
  doubledEffects: 0,
  reorderedEffects: 0,
  lostInDocuments: 0,
  doubledInDocuments: 0,
  wrongRanks: 0,
}

export interface Counts {
  steps: number
  effects: number
  documents: number
}

interface Row {
  subject: string
  sequence: number
  type: string
}

export async function check(sql: Sql, history: History): Promise<{ verdict: Verdict; counts: Counts }> {
  const log = await sql<(Row & { rang: number | null })[]>`
    select subject, sequence, type, rang from hub.event where subject like 'dossier/%' order by position`
  const bySubject = Map.groupBy(log, (event) => event.subject)
  const lostSteps = history.acknowledged.filter(
    ({ dossierId, version, type }) =>
      !bySubject
        .get(`dossier/${dossierId}`)
        ?.some((event) => event.sequence === version && event.type === type),
  ).length
  const [{ rows } = { rows: 0 }] = await sql<
    { rows: number }[]
  >`select count(*)::int as rows from demarches.dossier`
  let unexpected = Math.abs(rows - history.dossiers.length)
  for (const events of bySubject.values()) unexpected += Math.max(0, events.length - expectedTypes.length)

  const effects = await sql<Row[]>`select subject, sequence, type from probe.effect order by id`
  const effectsBySubject = Map.groupBy(effects, (effect) => effect.subject)
  let lostEffects = 0
  let doubledEffects = 0
  let reorderedEffects = 0
  for (const [subject, events] of bySubject) {
    const seen = effectsBySubject.get(subject) ?? []
    const distinct = new Set(seen.map((effect) => effect.sequence))
    lostEffects += events.filter((event) => !distinct.has(event.sequence)).length
    doubledEffects += seen.length - distinct.size
    const first = [...distinct]
    reorderedEffects += first.filter((sequence, n) => n > 0 && sequence < first[n - 1]!).length
  }

  const { lost, doubled } = await checkDocuments(sql, history)
  return {
    verdict: {
      lostSteps,
      unexpected,
      lostEffects,
      doubledEffects,
      reorderedEffects,
      lostInDocuments: lost,
      doubledInDocuments: doubled,
      wrongRanks: await countWrongRanks(sql),
    },
    counts: {
      steps: history.acknowledged.length,
      effects: effects.length,
      documents: history.pieces.length + history.decisions.length,
    },
  }
}

async function checkDocuments(sql: Sql, history: History): Promise<{ lost: number; doubled: number }> {
  const documents = await sql<
    { id: string; statut: string; dossierId: string | null; usagerId: string | null }[]
  >`
    select id, statut, dossier_id, usager_id from documents.document`
  const done = await sql<{ subject: string; type: string; n: number }[]>`
    select subject, type, count(*)::int as n from hub.event
    where type in ('guichet.document.depose.v1', 'guichet.document.decision-remise.v1') group by 1, 2`
  const byId = new Map(documents.map((document) => [document.id, document]))
  const events = new Map(done.map((row) => [`${row.subject} ${row.type}`, row.n]))
  let lost = 0
  let doubled = 0
  for (const [list, statut, type] of [
    [history.pieces, 'depose', 'guichet.document.depose.v1'],
    [history.decisions, 'decision', 'guichet.document.decision-remise.v1'],
  ] as const)
    for (const { dossierId, documentId } of list) {
      const document = byId.get(documentId)
      const n = events.get(`document/${documentId} ${type}`) ?? 0
      if (document?.statut !== statut || document.dossierId !== dossierId || !document.usagerId || n === 0)
        lost++
      if (n > 1) doubled++
    }
  return { lost, doubled }
}

async function countWrongRanks(sql: Sql): Promise<number> {
  const [row] = await sql<{ wrong: number }[]>`
    select ((select count(*) - coalesce(max(rang), 0) from hub.event)
      + (select count(*) from (
          select rang < lag(rang) over (partition by subject order by sequence) as inverted from hub.event) e where inverted)
    )::int as wrong`
  return Math.abs(row?.wrong ?? 0)
}
