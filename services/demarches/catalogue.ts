import { readdirSync, readFileSync } from 'node:fs'
import { Demarche } from '../../contracts/demarches.ts'
import { compilerFormulaire } from './formulaire.ts'

/** The procedures that a folder holds, in every version. */
export interface Catalogue {
  readonly versions: readonly Demarche[]
  /** That version, or the latest; undefined when there is none. */
  readonly demarche: (id: string, version?: number) => Demarche | undefined
  /** The latest version of each, by title. */
  readonly demarchesProposees: () => readonly Demarche[]
}

/**
 * Reads a folder of `<id>.v<version>.json` files. A version, once a dossier was begun with it, never changes:
 * a correction is a new file beside it.
 * @throws Error naming the file that is not a demarche, is misnamed, or whose form is not a valid schema
 */
export function lireCatalogue(dossier: URL): Catalogue {
  const toutes = readdirSync(dossier)
    .filter((fichier) => fichier.endsWith('.json'))
    .map((fichier) => lireDemarche(new URL(fichier, dossier), fichier))
    .toSorted((a, b) => b.version - a.version)
  const demarche: Catalogue['demarche'] = (id, version) =>
    toutes.find((une) => une.id === id && (version === undefined || une.version === version))
  const proposees = toutes
    .filter((une) => une === demarche(une.id))
    .toSorted((a, b) => a.titre.localeCompare(b.titre, 'fr'))
  return { versions: toutes, demarche, demarchesProposees: () => proposees }
}

function lireDemarche(url: URL, fichier: string): Demarche {
  try {
    const demarche = Demarche.parse(JSON.parse(readFileSync(url, 'utf8')))
    const attendu = `${demarche.id}.v${demarche.version}.json`
    if (fichier !== attendu) throw new Error(`its content says ${attendu}`)
    if (new Set(demarche.pieces.map((piece) => piece.id)).size !== demarche.pieces.length) {
      throw new Error('two attachments have the same id')
    }
    compilerFormulaire(demarche.formulaire)
    return demarche
  } catch (cause) {
    throw new Error(`demarche ${fichier} cannot be used`, { cause })
  }
}

/** The procedures of this release, to be published when the service starts. */
export const { versions, demarche, demarchesProposees } = lireCatalogue(
  new URL('./demarches/', import.meta.url),
)
