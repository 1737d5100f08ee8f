import { mobileRedirect } from '../infra/issuer/clients.ts'

/** What each service does, by the name that its actions start with. */
export const tagDescriptions: Readonly<Record<string, string>> = {
  identity: 'Mon compte et tout ce qui m’arrive, dans un seul fil.',
  gateway: 'Le même fil, en direct.',
  demarches: 'Les démarches proposées, et les dossiers que les usagers déposent.',
  documents: 'Les fichiers que l’on joint, et les décisions que l’on reçoit.',
  signalements: 'Les signalements dans l’espace public.',
  agenda: 'Les rendez-vous, les créneaux et les séances.',
  hub: 'Les événements pour les systèmes municipaux, et la salle des machines.',
}

/** How the whole API behaves; what a reader must know once. */
export function introduction(publicUrl: string, issuer: string): string {
  return `Un seul guichet pour toutes les démarches de la ville: le portail, l’application, la borne et le
bureau des agents parlent à cette API.

## Se connecter
OpenID Connect; tout est décrit dans [la configuration de l’émetteur](${issuer}/.well-known/openid-configuration).
Le jeton d’accès s’envoie dans \`Authorization: Bearer …\` et vit 5 minutes.

- **Les personnes**: code d’autorisation avec PKCE (\`S256\`), sans secret. Le client dit qui demande: \`portail\` (site),
  \`mobile\` (application), \`borne\` (accueil), \`bureau\` (agents).
- **Retour de connexion**: \`${publicUrl}/retour\`; pour l’application, \`${mobileRedirect}\` (RFC 8252); sur une machine
  de développement, \`http://localhost:…/retour\` ou \`/callback\`, sur n’importe quel port.
- **Rester connecté**: le \`refresh_token\` sert une fois et chaque échange en donne un autre: gardez le dernier. Tout
  finit avec la session, 10 heures au plus; la connexion recommence alors par le navigateur.
- **Se déconnecter**: \`end_session_endpoint\` avec \`id_token_hint\` et \`post_logout_redirect_uri\` (une adresse de retour,
  ou la première page). Un jeton d’accès déjà donné vit jusqu’à sa fin, 5 minutes au plus.
- **Pages d’une autre origine** (CORS): l’origine doit être de celles que la ville a déclarées pour le client du jeton.
- **Systèmes municipaux**: \`client_credentials\`, avec l’identifiant et le secret de leur client.

## Écrire
- Une réponse 2xx veut dire: c’est enregistré.
- Chaque \`POST\` porte une \`Idempotency-Key\`. En cas de doute (coupure, délai), renvoyez la même demande avec
  la même clé: l’effet n’a lieu qu’une fois et vous recevez la réponse.
- \`If-Match\` avec l’\`ETag\` lu refuse d’écraser ce qu’un autre a changé (412).

## Lire
Les listes se lisent page par page: redonnez \`suivant\` dans \`apres\`; il est \`null\` à la fin. Une réponse peut
gagner des champs: ignorez ceux que vous ne connaissez pas.

## Refus
Toujours \`application/problem+json\` (RFC 9457). Testez \`code\`, qui est stable; montrez \`title\` et \`detail\`, qui
sont écrits pour les personnes. \`traceId\` permet à l’assistance de retrouver la demande.

## Limites
Chaque compte dispose d’un quota qui revient au fil de la minute; l’en-tête \`RateLimit\` dit ce qu’il en reste. Une
liste coûte plus qu’une lecture, un téléversement plus encore. Sur 429 et 503, attendez \`Retry-After\` secondes,
puis renvoyez la même demande.

## En direct
Le fil en direct (\`GET /v1/moi/suivi/flux\`) raconte ce qui arrive à la personne; relisez l’objet qu’il nomme
(pour un abonnement ou une invitation, celui que disent ses données: \`signalementId\`, \`motifId\`). Le dépôt
d’un dossier vaut pour ses pièces: elles ne se suppriment plus, et aucun message ne le redit pièce par pièce. Chaque
[type d’événement](${publicUrl}/docs#evenements) est décrit.

## Données personnelles
Les champs personnels portent \`x-personnel: true\`: ils n’entrent ni dans les événements, ni dans les journaux.`
}
