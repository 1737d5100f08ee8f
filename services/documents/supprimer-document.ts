import type { z } from 'zod'
import type { SupprimerDocument } from '../../contracts/documents.ts'
import { Refusal } from '../../contracts/errors.ts'
import { personne } from '../../infra/access.ts'
import type { Call } from '../../infra/service.ts'
import { visible } from './document.ts'
import { onDossierDecide } from './on-dossier-decide.ts'
import { onDossierDepose } from './on-dossier-depose.ts'
import { onPapierDepose } from './on-papier-depose.ts'
import { onSignalementPhotos } from './on-signalement-photos.ts'
import * as store from './store.ts'

export async function supprimerDocument(
  { id }: z.output<typeof SupprimerDocument.params>,
  call: Call,
): Promise<null> {
  const read = async () => visible(await store.lireDocument(call.db.sql, id), call.principal)
  const document = await read()
  const actor =
    document.emisPar === 'usager'
      ? ({ kind: 'usager', id: document.usagerId } as const)
      : ({ kind: 'agent', id: personne(call.principal).acteurId } as const)
  const types =
    document.emisPar === 'usager'
      ? [...onDossierDepose.types, ...onSignalementPhotos.types]
      : [...onDossierDecide.types, ...onPapierDepose.types]
  if (await store.supprimerDocument(call.db, document, types, call.origin(actor))) return null
  await read() // `introuvable` when somebody else has just deleted it
  throw new Refusal('document-verrouille')
}
