import { randomInt, randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { CreerDossier, Dossier } from '../../contracts/demarches.ts'
import { Refusal } from '../../contracts/errors.ts'
import { personne } from '../../infra/access.ts'
import { violates } from '../../infra/db.ts'
import type { Call } from '../../infra/service.ts'
import { acteur } from './acteur.ts'
import { apprendre, derniereConnue } from './definitions.ts'
import { texteCherchable } from './recherche.ts'
import { nouvelleReference } from '../../infra/reference.ts'
import { enregistrer } from './store.ts'
import { creer } from './transitions.ts'
import { verifierPieces } from './verifier-pieces.ts'
import { vueDossier } from './vue-dossier.ts'

export async function creerDossier(
  { demarche, formulaire, pieces }: z.output<typeof CreerDossier.params>,
  call: Call,
): Promise<Dossier> {
  for (;;) {
    const definition = await derniereConnue(call.db.sql, demarche)
    if (!definition) throw new Refusal('introuvable', 'Cette démarche n’existe pas.')
    const usagerId = personne(call.principal).usagers[definition.secteur]
    const maintenant = call.now()
    await verifierPieces(call, { secteur: definition.secteur, pieces })
    const resultat = creer(
      { id: randomUUID(), reference: nouvelleReference(randomInt), usagerId, formulaire, pieces },
      { demarche: definition, maintenant },
    )
    const origin = call.origin(acteur(call, resultat.etat, 'usager'))
    try {
      if (await enregistrer(call.db.sql, resultat, origin, {}, texteCherchable(formulaire))) {
        call.db.committed.notify()
        return vueDossier(resultat.etat, definition, [], 'usager', maintenant)
      }
      await apprendre(call.db.sql, demarche)
    } catch (error) {
      if (!violates(error, 'dossier_reference')) throw error
    }
  }
}
