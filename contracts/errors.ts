/**
 * Every refusal the hub can give: wire code, HTTP status, and the French title that people read.
 * Codes are stable: front ends switch on them. A detail may follow; it never holds personal data.
 */
export const errorCatalog = {
  'requete-illisible': [400, 'La requête ne peut pas être lue.'],
  'cle-idempotence-requise': [400, 'L’en-tête Idempotency-Key est requis (1 à 128 caractères visibles).'],
  'curseur-invalide': [400, 'Le curseur de pagination est invalide.'],
  'jeton-requis': [401, 'Connectez-vous pour continuer.'],
  'jeton-invalide': [401, 'Votre session est invalide ou expirée. Reconnectez-vous.'],
  'acces-refuse': [403, 'Vous n’avez pas le droit de faire cela.'],
  introuvable: [404, 'Introuvable.'],
  'methode-non-permise': [405, 'Cette méthode n’est pas permise ici.'],
  'delai-depasse': [408, 'La requête n’est pas arrivée à temps.'],
  'transition-impossible': [409, 'Cette action n’est pas possible dans l’état actuel.'],
  'modifie-entre-temps': [412, 'L’objet a été modifié entre-temps. Relisez-le puis recommencez.'],
  'corps-trop-grand': [413, 'La requête est trop grande.'],
  'type-non-pris-en-charge': [415, 'Ce type de contenu n’est pas pris en charge.'],
  'plage-invalide': [416, 'La plage demandée est en dehors du fichier.'],
  'donnees-invalides': [422, 'Certaines informations sont manquantes ou incorrectes.'],
  'cle-idempotence-reutilisee': [422, 'Cette clé Idempotency-Key a déjà servi pour une autre requête.'],
  'identifiant-reutilise': [409, 'Cet identifiant a déjà servi pour un autre contenu.'],
  'fichier-refuse': [422, 'Ce fichier ne peut pas être accepté.'],
  'piece-manquante': [422, 'Il manque une pièce obligatoire.'],
  'piece-inconnue': [422, 'Une pièce jointe n’existe pas, ne vous appartient pas ou ne convient pas.'],
  'hors-commune': [422, 'Ce lieu n’est pas à Malakoff.'],
  'doublon-probable': [409, 'Ce problème est déjà signalé.'],
  'document-verrouille': [
    409,
    'Ce document fait partie d’un dossier déposé ou d’un signalement et ne peut plus être supprimé.',
  ],
  'creneau-indisponible': [409, 'Ce créneau n’est plus libre.'],
  'trop-de-requetes': [429, 'Trop de requêtes. Réessayez dans un instant.'],
  'erreur-interne': [
    500,
    'Une erreur inattendue est survenue. Réessayez; si elle revient, prévenez l’assistance.',
  ],
  'service-indisponible': [503, 'Le service est momentanément indisponible. Réessayez dans un instant.'],
} as const satisfies Record<string, readonly [status: number, titre: string]>

export type ErrorCode = keyof typeof errorCatalog

/** One invalid field: an RFC 6901 JSON Pointer into the request body, and why, in French. */
export interface FieldError {
  readonly pointeur: string
  /** The code of the piece that is missing: it has no place in the request yet. */
  readonly piece?: string
  readonly message: string
}

export interface RefusalExtra {
  /** Seconds until the same may pass: `Retry-After`, and not in the body. */
  readonly attendre?: number
  readonly erreurs?: readonly FieldError[]
  /** Actions that remain possible. */
  readonly transitionsPermises?: readonly string[]
  /** Where the report can be led instead. */
  readonly etapesPermises?: readonly string[]
  /** The one that is known already, so that a front end can show it or join it. */
  readonly signalement?: { readonly id: string; readonly reference: string; readonly distanceMetres: number }
  /** Free slots to choose from instead, the nearest first. */
  readonly creneaux?: readonly { readonly debut: string; readonly fin: string; readonly libres: number }[]
}

/**
 * A refusal that the caller is meant to read. Anything else that is thrown is a fault: a bare 500 for the
 * caller, the detail in the log.
 */
export class Refusal extends Error {
  readonly code: ErrorCode
  readonly detail: string | undefined
  readonly extra: RefusalExtra

  constructor(code: ErrorCode, detail?: string, extra: RefusalExtra = {}) {
    super(detail ? `${code}: ${detail}` : code)
    this.name = 'Refusal'
    this.code = code
    this.detail = detail
    this.extra = extra
  }
}
