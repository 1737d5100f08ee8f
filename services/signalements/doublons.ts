import type { z } from 'zod'
import type { Categorie } from '../../contracts/signalement.ts'
import type { ChercherDoublons } from '../../contracts/signalements.ts'
import type { Queryable } from '../../infra/db.ts'
import type { Call } from '../../infra/service.ts'
import { categorie as trouver } from './catalogue.ts'
import { refuserChamp } from './contenu.ts'
import * as store from './store.ts'
import { cadreAutour, distance, type Point, refuserHorsCommune } from './territoire.ts'
import { resume } from './vue.ts'

const ouverts = ['nouveau', 'pris_en_charge', 'planifie', 'en_cours']
const candidatsMax = 100

export type Doublon = store.SignalementLu & { readonly distance: number }

/** The open reports of this category within its radius around this place, the nearest first. */
export async function doublonsDe(
  sql: Queryable,
  { code, rayonDoublonMetres }: Categorie,
  lieu: Point,
): Promise<Doublon[]> {
  const candidats = await store.listerSignalements(
    sql,
    { categories: [code], etats: ouverts, cadre: cadreAutour(lieu, rayonDoublonMetres) },
    { apres: null, limite: candidatsMax },
  )
  return candidats
    .map((un) => ({
      ...un,
      distance: distance(lieu, { latitude: un.latitude ?? 0, longitude: un.longitude ?? 0 }),
    }))
    .filter((un) => un.distance <= rayonDoublonMetres)
    .toSorted((a, b) => a.distance - b.distance)
}

export async function chercherDoublons(
  { categorie, ...lieu }: z.output<typeof ChercherDoublons.params>,
  call: Call,
): Promise<z.output<typeof ChercherDoublons.returns>> {
  const definition = trouver(categorie)
  if (!definition) refuserChamp('/categorie', 'Cette catégorie n’existe pas.')
  refuserHorsCommune(lieu)
  const doublons = await doublonsDe(call.db.sql, definition, lieu)
  return {
    elements: doublons.map((un) => ({ ...resume(un), distanceMetres: Math.round(un.distance) })),
  }
}
