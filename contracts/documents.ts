import { z } from 'zod'
import { command, event, Id, Instant, personal, query } from './define.ts'
import { PieceJointe } from './demarches.ts'
import { Secteur } from './principal.ts'

export const TypeDocument = z.enum(['application/pdf', 'image/jpeg', 'image/png', 'image/webp'])
export type TypeDocument = z.infer<typeof TypeDocument>

/** The largest file taken: 25 MB, counted in bytes. */
export const tailleMaximale = 25 * 1024 * 1024

export const Document = z.object({
  id: Id,
  nom: personal(z.string()).describe('Nom donné par qui l’a téléversé, avec l’extension de son contenu'),
  type: TypeDocument,
  taille: z
    .number()
    .int()
    .min(1)
    .describe('Octets du fichier conservé: une image est redessinée sans ses métadonnées'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('Empreinte du fichier conservé'),
  secteur: Secteur,
  statut: z
    .enum(['libre', 'depose', 'decision', 'publie'])
    .describe('`libre` tant qu’aucun dossier déposé ne le contient; `publie`: tout le monde peut le lire'),
  dossierId: Id.nullable(),
  signalementId: Id.nullable().describe('Le signalement dont c’est une photo'),
  public: z.boolean().describe('Un agent l’a rendu public: `GET /v1/photos/{id}`'),
  creeLe: Instant,
})
export type Document = z.infer<typeof Document>

/** Where the gateway sends or fetches the bytes: an address of the documents service and a one-use ticket. */
export const Billet = z.object({ url: z.url(), expireLe: Instant })

export const OuvrirTeleversement = command({
  name: 'documents.ouvrirTeleversement',
  summary:
    'Téléverse un fichier (PDF, JPEG, PNG ou WebP, 25 Mo au plus) pour une démarche ou un signalement de ce secteur.',
  access: ['compte'],
  params: z.strictObject({
    secteur: Secteur,
    // Cut and cleaned, not refused: people seldom choose it.
    nom: personal(z.string().min(1).max(16_384)),
    emisPar: z.enum(['usager', 'agent']).default('usager').describe('`agent`: document émis par le service'),
  }),
  returns: Billet,
  errors: ['fichier-refuse', 'corps-trop-grand', 'acces-refuse', 'service-indisponible'],
})

export const OuvrirLecture = query({
  name: 'documents.ouvrirLecture',
  summary: 'Le contenu du document, en pièce jointe.',
  access: ['proprietaire', 'agent'],
  params: z.strictObject({ id: Id }),
  returns: Billet.extend({ document: Document }),
  errors: ['introuvable', 'plage-invalide'],
})

export const OuvrirLecturePublique = query({
  name: 'documents.ouvrirLecturePublique',
  summary: 'Le contenu d’un document que la ville a publié, en pièce jointe.',
  access: ['public'],
  params: z.strictObject({ id: Id }),
  returns: Billet,
  errors: ['introuvable', 'plage-invalide'],
})

export const OuvrirPhoto = query({
  name: 'documents.ouvrirPhoto',
  summary: 'Une photo qu’un agent a rendue publique, sans rien d’autre que son image.',
  access: ['public'],
  params: z.strictObject({ id: Id }),
  returns: Billet,
  errors: ['introuvable', 'plage-invalide'],
})

export const LireDocument = query({
  name: 'documents.lireDocument',
  summary: 'La fiche d’un document, pour son usager ou un agent du service qui instruit.',
  access: ['proprietaire', 'agent'],
  params: z.strictObject({ id: Id }),
  returns: Document,
  errors: ['introuvable'],
})

export const SupprimerDocument = command({
  name: 'documents.supprimerDocument',
  summary: 'Supprime un document que ni un dossier déposé ni un signalement ne contient.',
  access: ['proprietaire', 'agent'],
  params: z.strictObject({ id: Id }),
  returns: z.null(),
  errors: ['introuvable', 'document-verrouille'],
})

/** Between services: are these documents there, in this sector, and the caller's own (or emitted by the sector)? */
export const VerifierPieces = query({
  name: 'documents.verifierPieces',
  summary: 'Vérifie que des documents appartiennent à l’appelant dans un secteur.',
  access: ['compte'],
  params: z.strictObject({
    secteur: Secteur,
    documentIds: z.array(Id).max(30),
    emisPar: z.enum(['usager', 'agent']),
    images: z.boolean().default(false).describe('Seulement des images'),
  }),
  returns: z.object({
    inconnus: z.array(Id),
    defauts: z
      .array(z.object({ id: Id, defaut: z.enum(['type', 'secteur']) }))
      .optional()
      .describe('Ce qui ne va pas de ceux qui sont à l’appelant'),
  }),
})

const surDocument = { secteur: Secteur, type: TypeDocument, taille: z.number().int() }

export const DocumentTeleverse = event({
  aggregate: 'document',
  name: 'televerse',
  version: 1,
  summary: 'Un fichier vérifié est rangé parmi les documents de l’usager.',
  data: z.object(surDocument),
})

export const DocumentDepose = event({
  aggregate: 'document',
  name: 'depose',
  version: 1,
  summary:
    'Une pièce d’un dossier déposé est gardée avec lui. Suit le dépôt de près; le fil de l’usager ne le répète pas.',
  data: z.object({ secteur: Secteur, dossierId: Id, piece: PieceJointe.shape.piece }),
})

export const DocumentDecisionRemise = event({
  aggregate: 'document',
  name: 'decision-remise',
  version: 1,
  summary: 'La décision signée est parmi les documents de l’usager.',
  data: z.object({ secteur: Secteur, dossierId: Id, reference: z.string() }),
  suivi: (d) => `La décision du dossier ${d.reference} est dans vos documents.`,
})

export const DocumentJoint = event({
  aggregate: 'document',
  name: 'joint',
  version: 1,
  summary: 'Une photo est gardée avec le signalement auquel son auteur l’a jointe.',
  data: z.object({ secteur: Secteur, signalementId: Id }),
})

export const DocumentPublie = event({
  aggregate: 'document',
  name: 'publie',
  version: 1,
  summary: 'Une photo d’un signalement est rendue publique, après relecture par un agent.',
  data: z.object({ secteur: Secteur, signalementId: Id }),
})

export const DocumentRetire = event({
  aggregate: 'document',
  name: 'retire',
  version: 1,
  summary: 'Une photo d’un signalement n’est plus publique.',
  data: z.object({ secteur: Secteur, signalementId: Id }),
})

export const DocumentSupprime = event({
  aggregate: 'document',
  name: 'supprime',
  version: 1,
  summary: 'Un document est supprimé, avec son fichier.',
  data: z.object({ secteur: Secteur }),
})

export const DocumentParu = event({
  aggregate: 'document',
  name: 'paru',
  version: 1,
  summary: 'Un document émis par un service est public, avec une séance du conseil.',
  data: z.object({
    ...surDocument,
    sha256: z.string().describe('Empreinte du fichier'),
    seanceId: Id,
    papierId: Id,
  }),
})

export const DocumentDepublie = event({
  aggregate: 'document',
  name: 'depublie',
  version: 1,
  summary: 'Un document paru avec une séance du conseil n’est plus public.',
  data: z.object({ secteur: Secteur, seanceId: Id, papierId: Id }),
})
