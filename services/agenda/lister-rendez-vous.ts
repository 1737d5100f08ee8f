import { z } from 'zod'
import type { ListerRendezVous, ListerRendezVousAgent } from '../../contracts/rendez-vous.ts'
import { Id, Instant } from '../../contracts/define.ts'
import { personne } from '../../infra/access.ts'
import { decodeCursor, encodeCursor } from '../../infra/cursor.ts'
import type { Call } from '../../infra/service.ts'
import { bornes } from './choisir-creneau.ts'
import * as store from './store-listes.ts'
import { vuesRendezVous } from './vue-rendez-vous.ts'

const Curseur = z.tuple([Instant, Id])

export async function listerRendezVous(
  { apres, limite, ...filtre }: z.output<typeof ListerRendezVous.params>,
  call: Call,
): Promise<z.output<typeof ListerRendezVous.returns>> {
  const lus = await store.listerRendezVous(call.db.sql, {
    ...filtre,
    usagerIds: Object.values(personne(call.principal).usagers),
    apres: lireCurseur(apres),
    limite: limite + 1,
  })
  const elements = await vuesRendezVous(call.db.sql, lus.slice(0, limite), () => 'usager', call.now())
  return { elements, suivant: suivantDe(lus, limite) }
}

export async function listerRendezVousAgent(
  { apres, limite, du, au, ...filtre }: z.output<typeof ListerRendezVousAgent.params>,
  call: Call,
): Promise<z.output<typeof ListerRendezVousAgent.returns>> {
  const lus = await store.listerRendezVousAgent(call.db.sql, {
    ...filtre,
    secteurs: personne(call.principal).agentDe,
    de: du ? new Date(bornes(depuis1970(du), du).de) : null,
    a: au ? new Date(bornes(au, depuis1970(au)).a) : null,
    apres: lireCurseur(apres),
    limite: limite + 1,
  })
  const elements = await vuesRendezVous(call.db.sql, lus.slice(0, limite), () => 'agent', call.now())
  return { elements, suivant: suivantDe(lus, limite) }
}

/** Nothing is older, and the clocks of Paris were stranger. */
function depuis1970(jour: string): string {
  return jour < '1970-01-01' ? '1970-01-01' : jour
}

function lireCurseur(apres: string | undefined): { debut: string; id: string } | null {
  if (!apres) return null
  const [debut, id] = decodeCursor(apres, Curseur)
  return { debut: new Date(debut).toISOString(), id }
}

function suivantDe(lus: readonly { debut: string; id: string }[], limite: number): string | null {
  const dernier = lus[limite - 1]
  return lus.length > limite && dernier ? encodeCursor([dernier.debut, dernier.id]) : null
}
