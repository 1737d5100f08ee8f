import { z } from 'zod'
import type { Papier, TypePapier } from '../../contracts/conseils.ts'
import type { ListeOparl, ObjetOparl } from '../../contracts/oparl.ts'
import { jourDeParis } from '../../infra/calendrier.ts'
import { decodeCursor, encodeCursor } from '../../infra/cursor.ts'
import type { PapierRetire, SeanceLue } from './store-publications.ts'

const Curseur = z.tuple([z.string().max(300)])

/** The council as OParl 1.1 sees it: pure, from our sessions to its objects. */

const schema = 'https://schema.oparl.org/1.1/'
export const corpsId = 'malakoff'
export const organisationId = 'conseil-municipal'
const parPage = 100

/** Makes addresses and objects under the public address of the hub. */
export class Oparl {
  readonly #racine: string
  readonly #publicUrl: string
  readonly #maintenant: Date

  constructor(publicUrl: string, maintenant: Date) {
    this.#publicUrl = publicUrl
    this.#maintenant = maintenant
    this.#racine = `${publicUrl}/oparl/v1`
  }

  systeme(): ObjetOparl {
    return {
      id: this.#racine,
      type: `${schema}System`,
      oparlVersion: schema,
      name: 'Guichet de Malakoff',
      website: this.#publicUrl,
      vendor: this.#publicUrl,
      product: this.#publicUrl,
      body: `${this.#racine}/body`,
    }
  }

  corps(): ObjetOparl {
    const corps = `${this.#racine}/body/${corpsId}`
    return {
      id: corps,
      type: `${schema}Body`,
      system: this.#racine,
      name: 'Ville de Malakoff',
      shortName: 'Malakoff',
      website: this.#publicUrl,
      classification: 'Commune',
      organization: `${corps}/organization`,
      person: `${corps}/person`,
      legislativeTermList: `${corps}/legislativeterm`,
      legislativeTerm: [],
      meeting: `${corps}/meeting`,
      agendaItem: `${corps}/agendaitem`,
      paper: `${corps}/paper`,
      file: `${corps}/file`,
    }
  }

  organisation(): ObjetOparl {
    const corps = `${this.#racine}/body/${corpsId}`
    return {
      id: `${this.#racine}/organization/${organisationId}`,
      type: `${schema}Organization`,
      body: corps,
      name: 'Conseil municipal',
      organizationType: 'Gremium',
      classification: 'Conseil municipal',
      meeting: `${corps}/meeting`,
    }
  }

  seance(seance: SeanceLue): ObjetOparl {
    const id = `${this.#racine}/meeting/${seance.id}`
    const dates = { created: seance.creeLe, modified: seance.modifieLe }
    if (seance.retiree) return { id, type: `${schema}Meeting`, ...dates, deleted: true }
    const papiers = (type: TypePapier) => seance.papiers.filter((papier) => papier.type === type)
    const [convocation] = papiers('convocation')
    const [compteRendu] = papiers('compte_rendu')
    const autres = seance.papiers.filter(
      (papier) => papier !== convocation && papier !== compteRendu && papier.point === null,
    )
    return {
      id,
      type: `${schema}Meeting`,
      name: seance.titre,
      meetingState: this.#etat(seance),
      cancelled: seance.annulee,
      start: seance.debut,
      ...(seance.fin !== null && { end: seance.fin }),
      location: {
        id: `${id}#lieu`,
        type: `${schema}Location`,
        description: seance.lieu,
        ...dates,
      },
      organization: [`${this.#racine}/organization/${organisationId}`],
      ...(convocation && { invitation: this.fichier(convocation, seance) }),
      ...(compteRendu && { resultsProtocol: this.fichier(compteRendu, seance) }),
      ...(autres.length > 0 && { auxiliaryFile: autres.map((papier) => this.fichier(papier, seance)) }),
      agendaItem: seance.points.filter((point) => !point.retire).map((point) => this.point(point, seance)),
      ...dates,
    }
  }

  point(point: SeanceLue['points'][number], seance: SeanceLue): ObjetOparl {
    const id = `${this.#racine}/agendaitem/${point.id}`
    const dates = { created: point.creeLe, modified: point.modifieLe }
    if (point.retire) return { id, type: `${schema}AgendaItem`, ...dates, deleted: true }
    const papiers = seance.papiers.filter((papier) => papier.point === point.id)
    const deliberation = papiers.find((papier) => papier.type === 'deliberation')
    return {
      id,
      type: `${schema}AgendaItem`,
      meeting: `${this.#racine}/meeting/${seance.id}`,
      number: point.numero,
      order: seance.points.filter(({ retire }) => !retire).indexOf(point),
      name: point.titre,
      public: true,
      ...(point.resultat !== null && { result: point.resultat }),
      ...(deliberation && { resolutionFile: this.fichier(deliberation, seance) }),
      ...(papiers.length > 0 && {
        consultation: papiers.map((papier) => this.#consultation(papier, seance)),
      }),
      ...dates,
    }
  }

  papier(papier: Papier, seance: SeanceLue): ObjetOparl {
    return {
      id: this.#adressePapier(papier),
      type: `${schema}Paper`,
      body: `${this.#racine}/body/${corpsId}`,
      name: papier.titre,
      ...(papier.numero !== null && { reference: papier.numero }),
      date: jourDeParis(new Date(papier.publieLe)),
      paperType: enFrancais[papier.type],
      mainFile: this.fichier(papier, seance),
      ...(papier.point !== null && { consultation: [this.#consultation(papier, seance)] }),
      underDirectionOf: [`${this.#racine}/organization/${organisationId}`],
      created: papier.publieLe,
      modified: papier.publieLe,
    }
  }

  /** The file of a paper; each paper has one, so they share their id. */
  fichier(papier: Papier, seance: SeanceLue): ObjetOparl {
    const contenu = `${this.#publicUrl}/v1/documents/${papier.documentId}/public`
    return {
      id: `${this.#racine}/file/${papier.id}`,
      type: `${schema}File`,
      name: papier.titre,
      mimeType: papier.format,
      date: jourDeParis(new Date(papier.publieLe)),
      size: papier.taille,
      accessUrl: contenu,
      downloadUrl: contenu,
      paper: [this.#adressePapier(papier)],
      meeting: [`${this.#racine}/meeting/${seance.id}`],
      created: papier.publieLe,
      modified: papier.publieLe,
    }
  }

  /** What is left of a paper, or of its file, that was taken back. */
  retire(type: 'Paper' | 'File', { id, publieLe, retireLe }: PapierRetire): ObjetOparl {
    return {
      id: `${this.#racine}/${type.toLowerCase()}/${id}`,
      type: `${schema}${type}`,
      created: publieLe,
      modified: retireLe,
      deleted: true,
    }
  }

  /**
   * One page of a list, by a filter of time, in the order in which objects came: a page that is read later misses none
   * and repeats none, whatever came or went meanwhile. Objects that were taken back are told of only to who asks for what
   * has changed since (OParl 1.1, 2.5.3).
   * @throws Refusal `curseur-invalide`
   */
  liste(adresse: string, objets: readonly ObjetOparl[], { apres, ...filtre }: Filtre = {}): ListeOparl {
    const bornes = filtresDeTemps.flatMap((nom) => {
      const valeur = filtre[nom]
      return valeur === undefined ? [] : [[nom, valeur] as const]
    })
    const voulus = objets
      .filter((objet) => objet.deleted !== true || filtre.modified_since !== undefined)
      .filter((objet) => bornes.every(([nom, valeur]) => respecte(objet, nom, valeur)))
      .map((objet) => ({
        objet,
        rang: `${typeof objet.created === 'string' ? objet.created : ''} ${objet.id}`,
      }))
      .toSorted((a, b) => (a.rang < b.rang ? -1 : 1))
    const depuis = apres === undefined ? '' : decodeCursor(apres, Curseur)[0]
    const reste = voulus.filter(({ rang }) => rang > depuis)
    const dernier = reste[parPage - 1]
    const lien = (curseur?: string) => {
      const recherche = new URLSearchParams(bornes.map(([nom, valeur]): [string, string] => [nom, valeur]))
      if (curseur !== undefined) recherche.set('apres', curseur)
      const texte = recherche.toString()
      return `${this.#racine}/${adresse}${texte && `?${texte}`}`
    }
    return {
      data: reste.slice(0, parPage).map(({ objet }) => objet),
      pagination: { totalElements: voulus.length, elementsPerPage: parPage },
      links: {
        first: lien(),
        self: lien(apres),
        ...(reste.length > parPage && dernier && { next: lien(encodeCursor([dernier.rang])) }),
      },
    }
  }

  /** A session that has no end is over with its day. */
  #etat({ annulee, debut, fin }: SeanceLue): string {
    if (annulee) return 'annulée'
    const terminee =
      fin === null
        ? jourDeParis(new Date(debut)) < jourDeParis(this.#maintenant)
        : Date.parse(fin) <= this.#maintenant.getTime()
    return terminee ? 'terminée' : 'annoncée'
  }

  #adressePapier({ id }: Papier): string {
    return `${this.#racine}/paper/${id}`
  }

  #consultation(papier: Papier, seance: SeanceLue): ObjetOparl {
    return {
      id: `${this.#adressePapier(papier)}#consultation`,
      type: `${schema}Consultation`,
      paper: this.#adressePapier(papier),
      ...(papier.point !== null && { agendaItem: `${this.#racine}/agendaitem/${papier.point}` }),
      meeting: `${this.#racine}/meeting/${seance.id}`,
      organization: [`${this.#racine}/organization/${organisationId}`],
      authoritative: papier.type === 'deliberation',
      created: papier.publieLe,
      modified: papier.publieLe,
    }
  }
}

const filtresDeTemps = ['created_since', 'created_until', 'modified_since', 'modified_until'] as const

/** What a reader may ask of a list. */
interface Filtre extends Partial<Record<(typeof filtresDeTemps)[number], string | undefined>> {
  readonly apres?: string | undefined
}

/** An object without dates is always meant: it has been there from the beginning. */
function respecte(objet: ObjetOparl, nom: (typeof filtresDeTemps)[number], valeur: string): boolean {
  const le = nom.startsWith('created') ? objet.created : objet.modified
  if (typeof le !== 'string') return true
  return nom.endsWith('since') ? Date.parse(le) >= Date.parse(valeur) : Date.parse(le) <= Date.parse(valeur)
}

const enFrancais: Record<TypePapier, string> = {
  convocation: 'Convocation',
  rapport: 'Rapport',
  deliberation: 'Délibération',
  compte_rendu: 'Compte rendu',
  autre: 'Document',
}
