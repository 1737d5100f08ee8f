import { z } from 'zod'
import { Id, Instant, Jour } from '../../contracts/define.ts'
import type {
  CartographierSignalements,
  ListerCategories,
  ListerMesSignalements,
  ListerSignalements,
  ListerSignalementsAgent,
} from '../../contracts/signalements.ts'
import { personne } from '../../infra/access.ts'
import { decodeCursor, encodeCursor } from '../../infra/cursor.ts'
import type { Call } from '../../infra/service.ts'
import { categorie as trouver, jeu } from './catalogue.ts'
import { refuserChamp } from './contenu.ts'
import * as store from './store.ts'
import { lireCadre } from './territoire.ts'
import { resume } from './vue.ts'

const Curseur = z.tuple([Instant, Id])
const CurseurAgent = z.tuple([Jour, Id])

export async function listerCategories(): Promise<z.output<typeof ListerCategories.returns>> {
  return { jeu: jeu.version, elements: jeu.categories }
}

export async function listerSignalements(
  { apres, limite, bbox, categorie, etat, du, au }: z.output<typeof ListerSignalements.params>,
  call: Call,
): Promise<z.output<typeof ListerSignalements.returns>> {
  const [creeLe, id] = apres ? decodeCursor(apres, Curseur) : []
  const lus = await store.listerSignalements(
    call.db.sql,
    {
      cadre: bbox === undefined ? undefined : lireCadre(bbox),
      categories: categoriesDe(categorie),
      etats: etat && [etat].flat(),
      du,
      au,
    },
    { apres: creeLe && id ? { creeLe, id } : null, limite: limite + 1 },
  )
  const elements = lus.slice(0, limite)
  const dernier = elements.at(-1)
  return {
    elements: elements.map(resume),
    suivant: lus.length > limite && dernier ? encodeCursor([dernier.creeLe, dernier.id]) : null,
  }
}

export async function listerMesSignalements(
  { apres, limite, etat }: z.output<typeof ListerMesSignalements.params>,
  call: Call,
): Promise<z.output<typeof ListerMesSignalements.returns>> {
  const usagerIds = Object.values(personne(call.principal).usagers)
  const [creeLe, id] = apres ? decodeCursor(apres, Curseur) : []
  const lus = await store.listerSignalements(
    call.db.sql,
    { usagerIds, etats: etat && [etat].flat() },
    { apres: creeLe && id ? { creeLe, id } : null, limite: limite + 1 },
  )
  const elements = lus.slice(0, limite)
  const dernier = elements.at(-1)
  return {
    elements: elements.map((un) => ({
      ...resume(un),
      role: un.usagerId !== null && usagerIds.includes(un.usagerId) ? 'auteur' : 'suiveur',
    })),
    suivant: lus.length > limite && dernier ? encodeCursor([dernier.creeLe, dernier.id]) : null,
  }
}

function categoriesDe(categorie: string | undefined): string[] | undefined {
  if (categorie === undefined) return undefined
  if (!trouver(categorie)) refuserChamp('/categorie', 'Cette catégorie n’existe pas.')
  return [categorie]
}

/** The same as a map reads them. A report of which only an address is known has no geometry (RFC 7946, section 3.2). */
export async function cartographierSignalements(
  params: z.output<typeof CartographierSignalements.params>,
  call: Call,
): Promise<z.output<typeof CartographierSignalements.returns>> {
  const { elements, suivant } = await listerSignalements(params, call)
  return {
    type: 'FeatureCollection',
    features: elements.map(({ id, latitude, longitude, ...properties }) => ({
      type: 'Feature',
      id,
      geometry:
        latitude === null || longitude === null
          ? null
          : { type: 'Point', coordinates: [longitude, latitude] },
      properties,
    })),
    suivant,
  }
}

export async function listerSignalementsAgent(
  { apres, limite, etat, categorie, service, echeanceAvant }: z.output<typeof ListerSignalementsAgent.params>,
  call: Call,
): Promise<z.output<typeof ListerSignalementsAgent.returns>> {
  const [echeance, id] = apres ? decodeCursor(apres, CurseurAgent) : []
  const lus = await store.listerSignalementsAgent(
    call.db.sql,
    {
      secteurs: personne(call.principal).agentDe,
      categories: categoriesDe(categorie),
      etats: etat && [etat].flat(),
      service,
      echeanceAvant,
    },
    { apres: echeance && id ? { echeance, id } : null, limite: limite + 1 },
  )
  const elements = lus.slice(0, limite)
  const dernier = elements.at(-1)
  return {
    elements: elements.map(resume),
    suivant:
      lus.length > limite && dernier ? encodeCursor([dernier.echeanceLe ?? '9999-12-31', dernier.id]) : null,
  }
}
