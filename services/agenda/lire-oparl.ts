import { z } from 'zod'
import { Refusal } from '../../contracts/errors.ts'
import type { ListeOparl, ListerSeancesOparl, ObjetOparl } from '../../contracts/oparl.ts'
import type { Call } from '../../infra/service.ts'
import { corpsId, Oparl, organisationId } from './oparl.ts'
import { lireSeance, type SeanceLue, toutesLesSeances } from './store-publications.ts'

type Cible = { id: string }
type Filtre = z.output<typeof ListerSeancesOparl.params>

const oparl = (call: Call) => new Oparl(call.config.publicUrl, call.now())

export async function lireSystemeOparl(_: object, call: Call): Promise<ObjetOparl> {
  return oparl(call).systeme()
}

export async function listerCorpsOparl(_: object, call: Call): Promise<ListeOparl> {
  return oparl(call).liste('body', [oparl(call).corps()])
}

export async function lireCorpsOparl({ id }: Cible, call: Call): Promise<ObjetOparl> {
  if (id !== corpsId) throw new Refusal('introuvable')
  return oparl(call).corps()
}

export async function lireOrganisationOparl({ id }: Cible, call: Call): Promise<ObjetOparl> {
  if (id !== organisationId) throw new Refusal('introuvable')
  return oparl(call).organisation()
}

/** The session that holds the object of this id, whatever was sent as one. */
async function seanceDe(call: Call, id: string, de: 'seance' | 'point' | 'papier'): Promise<SeanceLue> {
  const seance = z.uuid().safeParse(id).success ? await lireSeance(call.db.sql, id.toLowerCase(), de) : null
  if (!seance) throw new Refusal('introuvable')
  return seance
}

export async function lireSeanceOparl({ id }: Cible, call: Call): Promise<ObjetOparl> {
  return oparl(call).seance(await seanceDe(call, id, 'seance'))
}

export async function lirePointOparl({ id }: Cible, call: Call): Promise<ObjetOparl> {
  const seance = await seanceDe(call, id, 'point')
  return oparl(call).point(seance.points.find((point) => point.id === id.toLowerCase())!, seance)
}

/** The papers of a session, those that were taken back included. */
const papiersDe = (seance: SeanceLue, vers: Oparl) => [
  ...seance.papiers.map((papier) => vers.papier(papier, seance)),
  ...seance.papiersRetires.map((papier) => vers.retire('Paper', papier)),
]
/** Their files. */
const fichiersDe = (seance: SeanceLue, vers: Oparl) => [
  ...seance.papiers.map((papier) => vers.fichier(papier, seance)),
  ...seance.papiersRetires.map((papier) => vers.retire('File', papier)),
]

function lireParmi(objets: typeof papiersDe) {
  return async ({ id }: Cible, call: Call): Promise<ObjetOparl> => {
    const objet = objets(await seanceDe(call, id, 'papier'), oparl(call)).find((un) =>
      un.id.endsWith(`/${id.toLowerCase()}`),
    )
    if (!objet) throw new Refusal('introuvable') // not public yet
    return objet
  }
}

export const lirePapierOparl = lireParmi(papiersDe)
export const lireFichierOparl = lireParmi(fichiersDe)

/** A list of the one body, made of its sessions. */
function liste(nom: string, objets: (seances: readonly SeanceLue[], vers: Oparl) => ObjetOparl[]) {
  return async ({ id, ...filtre }: Filtre, call: Call): Promise<ListeOparl> => {
    if (id !== corpsId) throw new Refusal('introuvable')
    const vers = oparl(call)
    const seances = await toutesLesSeances(call.db.sql)
    return vers.liste(`body/${corpsId}/${nom}`, objets(seances, vers), filtre)
  }
}

export const listerOrganisationsOparl = liste('organization', (_, vers) => [vers.organisation()])
/** Names of people are not ours to publish: the hub does not hold them. */
export const listerPersonnesOparl = liste('person', () => [])
export const listerMandaturesOparl = liste('legislativeterm', () => [])
export const listerSeancesOparl = liste('meeting', (seances, vers) =>
  seances.map((seance) => vers.seance(seance)),
)
export const listerPointsOparl = liste('agendaitem', (seances, vers) =>
  seances.flatMap((seance) => seance.points.map((point) => vers.point(point, seance))),
)
export const listerPapiersOparl = liste('paper', (seances, vers) =>
  seances.flatMap((seance) => papiersDe(seance, vers)),
)
export const listerFichiersOparl = liste('file', (seances, vers) =>
  seances.flatMap((seance) => fichiersDe(seance, vers)),
)
