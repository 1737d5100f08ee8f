import type { z } from 'zod'
import { type FieldError, Refusal } from '../../contracts/errors.ts'
import type { Categorie, PartiePrivee, QuestionCategorie } from '../../contracts/signalement.ts'
import { Jour } from '../../contracts/define.ts'

export type Reponses = z.infer<typeof PartiePrivee.shape.reponses>

const longueurMax = 2000
const choixMax = 20

/**
 * The answers, which are those that the category asks for, each of its kind. All that is wrong is told at once.
 * @throws Refusal `donnees-invalides`
 */
export function verifierReponses(
  { questions }: Pick<Categorie, 'questions'>,
  reponses: Readonly<Record<string, unknown>>,
): Reponses {
  const codes = new Set(questions.map(({ code }) => code))
  const inconnues = Object.keys(reponses).filter((code) => !codes.has(code))
  const erreurs: FieldError[] = [
    ...questions.flatMap((question) => {
      const message = erreurDe(
        question,
        Object.hasOwn(reponses, question.code) ? reponses[question.code] : undefined,
      )
      return message === null ? [] : [{ pointeur: `/reponses/${question.code}`, message }]
    }),
    ...inconnues.map((code) => ({
      pointeur: `/reponses/${code.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      message: 'Cette question n’est pas posée dans cette catégorie.',
    })),
  ].slice(0, 50)
  if (erreurs.length > 0) throw new Refusal('donnees-invalides', undefined, { erreurs })
  return reponses as Reponses
}

function estReponse(valeur: unknown): valeur is string | string[] {
  if (typeof valeur === 'string') return valeur.length <= longueurMax
  return (
    Array.isArray(valeur) &&
    valeur.length <= choixMax &&
    valeur.every((un) => typeof un === 'string' && un.length <= longueurMax)
  )
}

function erreurDe(question: QuestionCategorie, reponse: unknown): string | null {
  const { type, obligatoire, choix = [] } = question
  if (reponse === undefined || reponse === '' || (Array.isArray(reponse) && reponse.length === 0))
    return obligatoire ? `Répondez à la question: ${question.libelle}` : null
  if (!estReponse(reponse))
    return `Un texte est attendu, de ${longueurMax} caractères au plus, ou une liste de choix.`
  const valeurs = typeof reponse === 'string' ? [reponse] : reponse
  if (type !== 'choix_multiple' && valeurs.length > 1) return 'Une seule réponse est attendue.'
  switch (type) {
    case 'texte':
      return null
    case 'nombre':
      return valeurs.every((valeur) => /^-?\d{1,9}([.,]\d{1,6})?$/.test(valeur))
        ? null
        : 'Un nombre est attendu.'
    case 'date':
      return valeurs.every((valeur) => Jour.safeParse(valeur).success)
        ? null
        : 'Une date est attendue, comme 2027-01-31.'
    case 'choix':
    case 'choix_multiple':
      return valeurs.every((valeur) => choix.some(({ code }) => code === valeur))
        ? null
        : `Choisissez parmi: ${choix.map(({ code }) => code).join(', ')}.`
  }
}

/** @throws Refusal `donnees-invalides`, always */
export function refuserChamp(pointeur: string, message: string): never {
  throw new Refusal('donnees-invalides', undefined, { erreurs: [{ pointeur, message }] })
}
