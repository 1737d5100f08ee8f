import { randomInt, randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { CreerDossier, Dossier } from '../../contracts/demarches.ts'
import { Refusal } from '../../contracts/errors.ts'
import { personne } from '../../infra/access.ts'
import { violates } from '../../infra/db.ts'
import type { Call } from '../../infra/service.ts'
import { acteur } from './acteur.ts'
import { demarche as trouver } from './catalogue.ts'
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
  const definition = trouver(demarche)
  if (!definition) throw new Refusal('introuvable', 'Cette démarche n’existe pas.')
  const usagerId = personne(call.principal).usagers[definition.secteur]
  const maintenant = call.now()
  await verifierPieces(call, { secteur: definition.secteur, pieces })
  for (;;) {
    const reference = nouvelleReference(randomInt)
    const resultat = creer(
      { id: randomUUID(), reference, usagerId, formulaire, pieces },
      { demarche: definition, maintenant },
    )
    const origin = call.origin(acteur(call, resultat.etat, 'usager'))
    try {
      await enregistrer(call.db.sql, resultat, origin, {}, texteCherchable(formulaire))
    } catch (error) {
      if (violates(error, 'dossier_reference')) continue
      throw error
    }
    call.db.committed.notify()
    return vueDossier(resultat.etat, [], 'usager', maintenant)
  }
}
