import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import type { Demarche } from '../../contracts/demarches.ts'
import type { FieldError } from '../../contracts/errors.ts'

/**
 * A form is at most this many bytes of JSON, values and levels; each of its texts this many characters. At
 * most `erreurs` are told at once.
 */
export const limites = { octets: 100_000, valeurs: 2000, profondeur: 8, texte: 10_000, erreurs: 50 } as const

/**
 * What is wrong in a form: RFC 6901 pointers under `/formulaire` and plain French, one line per field, never
 * the value typed. A draft (`partiel`) may lack fields; those that it has are checked all the same.
 * @throws Error when the schema of the demarche is itself wrong
 */
export function verifierFormulaire(
  demarche: Pick<Demarche, 'formulaire'>,
  formulaire: Record<string, unknown>,
  { partiel }: { partiel: boolean },
): FieldError[] {
  const demesure = depasse(formulaire)
  if (demesure) return [{ pointeur: '/formulaire', message: demesure }]

  const valider = compilerFormulaire(demarche.formulaire)
  if (valider(formulaire)) return []
  const parChamp = new Map<string, FieldError>()
  for (const erreur of valider.errors ?? []) {
    if (!aDire(erreur, partiel)) continue
    const pointeur = pointeurDe(erreur)
    if (!parChamp.has(pointeur)) parChamp.set(pointeur, { pointeur, message: messageDe(erreur) })
  }
  return [...parChamp.values()].slice(0, limites.erreurs)
}

const compiles = new WeakMap<Demarche['formulaire'], ValidateFunction>()

/**
 * The validator of a form, compiled once.
 * @throws Error when the schema is not a strict JSON Schema 2020-12
 */
export function compilerFormulaire(schema: Demarche['formulaire']): ValidateFunction {
  const connu = compiles.get(schema)
  if (connu) return connu
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, verbose: true })
  ajvFormats.default(ajv, ['date', 'email'])
  const valider = ajv.compile(schema)
  compiles.set(schema, valider)
  return valider
}

/** Cheap bounds first: no pattern and no list of errors ever runs on an enormous form. */
function depasse(formulaire: Record<string, unknown>): string | undefined {
  let valeurs = 0
  const visiter = (valeur: unknown, niveaux: number): string | undefined => {
    valeurs += 1
    if (valeurs > limites.valeurs) return `Ce formulaire contient plus de ${limites.valeurs} réponses.`
    if (typeof valeur === 'string' && valeur.length > limites.texte) {
      return `Un texte de ce formulaire dépasse ${limites.texte} caractères.`
    }
    if (typeof valeur !== 'object' || valeur === null) return undefined
    if (niveaux === 0) return 'Ce formulaire est trop profond.'
    for (const enfant of Object.values(valeur)) {
      const exces = visiter(enfant, niveaux - 1)
      if (exces) return exces
    }
    return undefined
  }
  const exces = visiter(formulaire, limites.profondeur)
  if (exces) return exces
  return Buffer.byteLength(JSON.stringify(formulaire)) > limites.octets
    ? 'Ce formulaire est trop long (100 ko au plus).'
    : undefined
}

/**
 * Not every error of the validator is one for a person: `if` only says that its `then` failed, and the
 * branches of a list of choices fail one by one before `oneOf` says it once.
 */
function aDire(erreur: ErrorObject, partiel: boolean): boolean {
  if (erreur.keyword === 'if' || erreur.schemaPath.includes('/oneOf/')) return false
  return !(partiel && erreur.keyword === 'required')
}

function pointeurDe({ instancePath, keyword, params }: ErrorObject): string {
  const champ: unknown =
    keyword === 'required'
      ? params['missingProperty']
      : keyword === 'additionalProperties'
        ? params['additionalProperty']
        : undefined
  const suite = typeof champ === 'string' ? `/${champ.replaceAll('~', '~0').replaceAll('/', '~1')}` : ''
  return `/formulaire${instancePath}${suite}`
}

function messageDe({ keyword, params, parentSchema }: ErrorObject): string {
  const limite = String(params['limit'])
  switch (keyword) {
    case 'required':
      return 'Ce champ est obligatoire.'
    case 'additionalProperties':
      return 'Ce champ n’existe pas dans ce formulaire.'
    case 'type':
      return messageDeType(params['type'])
    case 'minLength':
      return params['limit'] === 1
        ? 'Ce champ ne peut pas être vide.'
        : `Écrivez au moins ${limite} caractères.`
    case 'maxLength':
      return `Écrivez au plus ${limite} caractères.`
    case 'pattern':
      return `Ce champ n’a pas la forme attendue${exemple(parentSchema)}.`
    case 'format':
      return params['format'] === 'date'
        ? 'Indiquez une date qui existe, sous la forme AAAA-MM-JJ.'
        : 'Indiquez une adresse électronique valide, par exemple nom@exemple.fr.'
    case 'enum':
    case 'oneOf':
      return 'Choisissez une des réponses proposées.'
    case 'const':
      return params['allowedValue'] === true
        ? 'Cochez cette case pour continuer.'
        : 'Cette réponse n’est pas celle attendue.'
    case 'minimum':
      return `Indiquez un nombre supérieur ou égal à ${limite}.`
    case 'maximum':
      return `Indiquez un nombre inférieur ou égal à ${limite}.`
    case 'exclusiveMinimum':
      return `Indiquez un nombre supérieur à ${limite}.`
    case 'exclusiveMaximum':
      return `Indiquez un nombre inférieur à ${limite}.`
    case 'minItems':
      return params['limit'] === 1
        ? 'Choisissez au moins une réponse.'
        : `Donnez au moins ${limite} réponses.`
    case 'maxItems':
      return `Donnez au plus ${limite} réponses.`
    case 'uniqueItems':
      return 'Ne donnez pas deux fois la même réponse.'
    default:
      return 'Cette réponse n’est pas valable.'
  }
}

function messageDeType(type: unknown): string {
  switch (type) {
    case 'string':
      return 'Indiquez un texte.'
    case 'integer':
      return 'Indiquez un nombre entier.'
    case 'number':
      return 'Indiquez un nombre.'
    case 'boolean':
      return 'Répondez par oui ou par non.'
    case 'array':
      return 'Indiquez une liste.'
    default:
      return 'Répondez aux questions de cette partie.'
  }
}

function exemple(schema: ErrorObject['parentSchema']): string {
  const exemples: unknown = schema?.['examples']
  return Array.isArray(exemples) && typeof exemples[0] === 'string' ? ` (par exemple ${exemples[0]})` : ''
}
