import { z } from 'zod'
import { Id, Instant, Jour } from '../../contracts/define.ts'
import type { ListerDossiers, ListerDossiersAgent } from '../../contracts/demarches.ts'
import { personne } from '../../infra/access.ts'
import { decodeCursor, encodeCursor } from '../../infra/cursor.ts'
import type { Call } from '../../infra/service.ts'
import { demarcheDe } from './definitions.ts'
import type { EtatDuDossier } from './dossier.ts'
import { lireRecherche } from './recherche.ts'
import * as store from './store.ts'
import { resumeDossier } from './vue-dossier.ts'

const CurseurUsager = z.tuple([Instant, Id])
const CurseurAgent = z.tuple([Jour, Id])

export async function listerDossiers(
  { apres, limite, etat }: z.output<typeof ListerDossiers.params>,
  call: Call,
): Promise<z.output<typeof ListerDossiers.returns>> {
  const [creeLe, id] = apres ? decodeCursor(apres, CurseurUsager) : []
  const lus = await store.listerDossiers(call.db.sql, {
    usagerIds: Object.values(personne(call.principal).usagers),
    etat,
    apres: creeLe && id ? { creeLe, id } : null,
    limite: limite + 1,
  })
  const elements = lus.slice(0, limite)
  const dernier = elements.at(-1)
  return {
    elements: await resumer(call, elements),
    suivant: lus.length > limite && dernier ? encodeCursor([dernier.creeLe, dernier.id]) : null,
  }
}

export async function listerDossiersAgent(
  { apres, limite, texte, ...filtre }: z.output<typeof ListerDossiersAgent.params>,
  call: Call,
): Promise<z.output<typeof ListerDossiersAgent.returns>> {
  const [echeance, id] = apres ? decodeCursor(apres, CurseurAgent) : []
  const recherche = texte ? lireRecherche(texte) : {}
  if (!recherche) return { elements: [], suivant: null }
  const lus = await store.listerDossiersAgent(call.db.sql, {
    ...filtre,
    ...recherche,
    secteurs: personne(call.principal).agentDe,
    apres: echeance && id ? { echeance, id } : null,
    limite: limite + 1,
  })
  const elements = lus.slice(0, limite)
  const dernier = elements.at(-1)
  return {
    elements: await resumer(call, elements),
    suivant:
      lus.length > limite && dernier ? encodeCursor([dernier.echeanceLe ?? '9999-12-31', dernier.id]) : null,
  }
}

async function resumer(call: Call, dossiers: readonly EtatDuDossier[]) {
  return await Promise.all(
    dossiers.map(async (dossier) => resumeDossier(dossier, await demarcheDe(call.db.sql, dossier))),
  )
}
