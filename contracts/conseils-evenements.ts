import { z } from 'zod'
import { TypePapier } from './conseils.ts'
import { event, Id, Instant } from './define.ts'
import { Secteur } from './principal.ts'

/** The events of what the city tells everybody. */

export const EvenementAnnonce = event({
  aggregate: 'evenement',
  name: 'annonce',
  version: 1,
  summary: 'La ville annonce un événement.',
  data: z.object({ secteur: Secteur, debut: Instant, fin: Instant }),
})

export const EvenementModifie = event({
  aggregate: 'evenement',
  name: 'modifie',
  version: 1,
  summary: 'Un événement de la ville est changé ou annulé.',
  data: z.object({ secteur: Secteur, debut: Instant, fin: Instant, annule: z.boolean() }),
})

export const SeanceAnnoncee = event({
  aggregate: 'seance',
  name: 'annoncee',
  version: 1,
  summary: 'Une séance du conseil municipal est annoncée.',
  data: z.object({ debut: Instant }),
})

export const SeanceModifiee = event({
  aggregate: 'seance',
  name: 'modifiee',
  version: 1,
  summary: 'Une séance ou son ordre du jour est changé, ou elle est annulée.',
  data: z.object({ debut: Instant, annulee: z.boolean() }),
})

export const SeanceRetiree = event({
  aggregate: 'seance',
  name: 'retiree',
  version: 1,
  summary: 'Une séance annoncée par erreur est retirée.',
  data: z.object({ debut: Instant }),
})

export const PapierDepose = event({
  aggregate: 'seance',
  name: 'papier-depose',
  version: 1,
  summary: 'Un document doit paraître avec une séance; le service des documents rend son fichier public.',
  data: z.object({ papierId: Id, documentId: Id, type: TypePapier, secteur: Secteur }),
})

export const PapierPublie = event({
  aggregate: 'seance',
  name: 'papier-publie',
  version: 1,
  summary: 'Une convocation, une délibération ou un compte rendu est public.',
  data: z.object({ papierId: Id, documentId: Id, type: TypePapier }),
})

export const PapierRetire = event({
  aggregate: 'seance',
  name: 'papier-retire',
  version: 1,
  summary:
    'Un document publié par erreur avec une séance en est retiré; le service des documents ferme son fichier au public.',
  data: z.object({ papierId: Id, documentId: Id, type: TypePapier }),
})
