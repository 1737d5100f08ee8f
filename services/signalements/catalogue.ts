import { readdirSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { Categorie } from '../../contracts/signalement.ts'
import { typeset } from '../../infra/typography.ts'
import { nomsDesZones, type Point, zoneDe } from './territoire.ts'

/** One version of what can be reported, and the services that take care of it. */
const Jeu = z.strictObject({
  version: z.number().int().min(1),
  services: z.array(z.strictObject({ code: z.string(), libelle: z.string() })),
  categories: z.array(z.strictObject(Categorie.shape)).min(20),
})
type Jeu = z.infer<typeof Jeu>

export interface Catalogue {
  /** The latest version. */
  readonly jeu: Jeu
  /** A category on offer; undefined when there is none. */
  readonly categorie: (code: string) => Categorie | undefined
  /** A category as it stood in that version, also one that is offered no more. */
  readonly categorieDuJeu: (code: string, version: number) => Categorie
  /** What a service is called, in whichever version it last stood. */
  readonly libelleDuService: (code: string) => string
}

/**
 * Reads a folder of `categories.v<version>.json` files. A version, once something was reported with it, never
 * changes: a correction is a new file beside it.
 * @throws Error naming the file that is not such a set, is misnamed, or names a service or zone that is none
 */
export function lireCatalogue(dossier: URL): Catalogue {
  const jeux = readdirSync(dossier)
    .filter((fichier) => fichier.endsWith('.json'))
    .map((fichier) => lireJeu(new URL(fichier, dossier), fichier))
    .toSorted((a, b) => b.version - a.version)
  const [jeu] = jeux
  if (!jeu) throw new Error('there is no set of categories')
  const dans = ({ categories }: Jeu, code: string) => categories.find((une) => une.code === code)
  return {
    jeu,
    categorie: (code) => dans(jeu, code),
    categorieDuJeu: (code, version) => {
      const ancien = jeux.find((un) => un.version === version)
      const trouvee = ancien && dans(ancien, code)
      if (!trouvee) throw new Error(`category ${code} of version ${version} is gone`)
      return trouvee
    },
    libelleDuService: (code) =>
      jeux.flatMap(({ services }) => services).find((un) => un.code === code)?.libelle ?? code,
  }
}

const lus = new Set(['libelle', 'description', 'aide'])

/** What people read is set as French is; the files are written as programmers type. */
function pourLaLecture(champ: string, valeur: unknown): unknown {
  return typeof valeur === 'string' && lus.has(champ) ? typeset(valeur) : valeur
}

function lireJeu(url: URL, fichier: string): Jeu {
  try {
    const jeu = Jeu.parse(JSON.parse(readFileSync(url, 'utf8'), pourLaLecture))
    if (fichier !== `categories.v${jeu.version}.json`)
      throw new Error(`its content says version ${jeu.version}`)
    const codes = jeu.categories.map(({ code }) => code)
    if (new Set(codes).size !== codes.length) throw new Error('two categories have the same code')
    const services = new Set(jeu.services.map(({ code }) => code))
    for (const { code, service, routage = [] } of jeu.categories) {
      const cibles = [service, ...routage.map((regle) => regle.service)]
      if (cibles.some((cible) => !services.has(cible))) throw new Error(`${code} goes to no service`)
      if (routage.some(({ zone }) => !nomsDesZones.has(zone))) throw new Error(`${code} names no zone`)
    }
    return jeu
  } catch (cause) {
    throw new Error(`categories ${fichier} cannot be used`, { cause })
  }
}

/** Who takes care of this category at this place; without a place, whoever does by default. */
export function serviceDe({ service, routage = [] }: Categorie, lieu: Point | null): string {
  const zone = lieu && zoneDe(lieu)
  return routage.find((regle) => regle.zone === zone)?.service ?? service
}

/** The categories of the city, read once when the service starts. */
export const { jeu, categorie, categorieDuJeu, libelleDuService } = lireCatalogue(
  new URL('./categories/', import.meta.url),
)
