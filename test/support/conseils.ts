import { AnnoncerConseil, LireConseil, PublierPapier, type Seance } from '../../contracts/conseils.ts'
import { pdf } from '../documents/fixtures.ts'
import type { Api } from './api.ts'
import { eventually } from './eventually.ts'

/** A council session with a paper that everybody may read, brought there through the API. */

export const evenement = {
  secteur: 'etat-civil' as const,
  titre: 'Fête de la ville',
  lieu: 'Parc Salagnac',
  debut: '2031-06-21T14:00:00+02:00',
  fin: '2031-06-21T23:00:00+02:00',
}

export const seance = {
  titre: 'Conseil municipal',
  lieu: 'Hôtel de ville, salle du conseil',
  debut: '2031-03-26T19:00:00+01:00',
}

export interface Sitting {
  readonly seance: string
  readonly point: string
  readonly papier: string
  readonly documentId: string
}

/** @param clerk an agent of the sector `vie-municipale` */
export async function publishedSitting(clerk: Api, content = pdf()): Promise<Sitting> {
  const announced = await clerk.ok(AnnoncerConseil, {
    ...seance,
    points: [{ numero: '1', titre: 'Budget primitif' }],
  })
  const point = announced.points[0]!.id
  const { id: documentId } = await clerk.uploaded('vie-municipale', content, 'deliberation.pdf', 'agent')
  await clerk.ok(PublierPapier, {
    id: announced.id,
    documentId,
    type: 'deliberation',
    titre: 'Délibération sur le budget',
    numero: '2031-12',
    point,
  })
  const papiers = await published(clerk, announced.id, 1)
  return { seance: announced.id, point, papier: papiers[0]!.id, documentId }
}

/** The papers of a session, once so many are public. */
export async function published(reader: Api, id: string, count: number): Promise<Seance['papiers']> {
  return await eventually(async () => {
    const { papiers } = await reader.ok(LireConseil, { id })
    expect(papiers).toHaveLength(count)
    return papiers
  })
}
