import { z } from 'zod'
import { Instant, Pagination, query } from './define.ts'

/** The council's data by OParl 1.1 (https://oparl.org/spezifikation/), for the programs that know it. */

/** Any object of OParl: an address that is its identity, and the address of its type. */
export const ObjetOparl = z.looseObject({
  id: z.url().meta({ examples: ['https://guichet.example/oparl/v1/body/malakoff'] }),
  type: z.url().meta({ examples: ['https://schema.oparl.org/1.1/Body'] }),
})
export type ObjetOparl = z.infer<typeof ObjetOparl>

const Lien = z.url().meta({ examples: ['https://guichet.example/oparl/v1/body/malakoff/meeting'] })

export const ListeOparl = z.object({
  data: z.array(ObjetOparl),
  pagination: z.object({
    totalElements: z.number().int(),
    elementsPerPage: z.number().int(),
  }),
  links: z.object({
    first: Lien,
    self: Lien,
    next: Lien.optional(),
  }),
})
export type ListeOparl = z.infer<typeof ListeOparl>

const objet = (name: string, summary: string) =>
  query({
    name: `agenda.${name}`,
    summary,
    access: ['public'],
    params: z.strictObject({ id: z.string().max(64) }),
    returns: ObjetOparl,
    errors: ['introuvable'],
  })

const liste = (name: string, summary: string) =>
  query({
    name: `agenda.${name}`,
    summary,
    access: ['public'],
    params: z.strictObject({
      id: z.string().max(64),
      apres: Pagination.apres,
      created_since: Instant.optional(),
      created_until: Instant.optional(),
      modified_since: Instant.optional().describe('Rend aussi les objets retirés, avec `deleted: true`'),
      modified_until: Instant.optional(),
    }),
    returns: ListeOparl,
    errors: ['introuvable'],
  })

export const LireSystemeOparl = query({
  name: 'agenda.lireSystemeOparl',
  summary: 'OParl: le point d’entrée.',
  access: ['public'],
  params: z.strictObject({}),
  returns: ObjetOparl,
})

export const ListerCorpsOparl = query({
  name: 'agenda.listerCorpsOparl',
  summary: 'OParl: les collectivités; il n’y en a qu’une.',
  access: ['public'],
  params: z.strictObject({}),
  returns: ListeOparl,
})

export const LireCorpsOparl = objet('lireCorpsOparl', 'OParl: la commune.')
export const LireOrganisationOparl = objet('lireOrganisationOparl', 'OParl: le conseil municipal.')
export const LireSeanceOparl = objet('lireSeanceOparl', 'OParl: une séance (Meeting).')
export const LirePointOparl = objet('lirePointOparl', 'OParl: un point de l’ordre du jour (AgendaItem).')
export const LirePapierOparl = objet('lirePapierOparl', 'OParl: un document de séance (Paper).')
export const LireFichierOparl = objet('lireFichierOparl', 'OParl: le fichier d’un document (File).')
export const ListerOrganisationsOparl = liste('listerOrganisationsOparl', 'OParl: les assemblées.')
export const ListerPersonnesOparl = liste(
  'listerPersonnesOparl',
  'OParl: les personnes; aucune n’est publiée.',
)
export const ListerMandaturesOparl = liste(
  'listerMandaturesOparl',
  'OParl: les mandatures; aucune n’est publiée.',
)
export const ListerSeancesOparl = liste('listerSeancesOparl', 'OParl: les séances.')
export const ListerPointsOparl = liste('listerPointsOparl', 'OParl: les points des ordres du jour.')
export const ListerPapiersOparl = liste('listerPapiersOparl', 'OParl: les documents de séance.')
export const ListerFichiersOparl = liste('listerFichiersOparl', 'OParl: les fichiers.')
