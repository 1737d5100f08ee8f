import { randomBytes, randomInt } from 'node:crypto'
import { AnnulerRendezVous, DeplacerRendezVous } from '../../contracts/rendez-vous.ts'
import {
  DeciderDossier,
  DemanderCorrection,
  EnvoyerMessage,
  ListerDossiersAgent,
  ModifierDossier,
  RouvrirDossier,
} from '../../contracts/demarches.ts'
import { LireDocument, SupprimerDocument } from '../../contracts/documents.ts'
import { ModifierMoi } from '../../contracts/identity.ts'
import {
  AvancerSignalement,
  CreerSignalement,
  PoserQuestion,
  PublierSignalement,
  RepondreQuestion,
  RouvrirSignalement,
} from '../../contracts/signalements.ts'
import { formulairesValides } from '../demarches/exemples.ts'
import { jpeg, pdf } from '../documents/fixtures.ts'
import { booked, freeSlot, openOffice } from './agenda.ts'
import { inInstruction } from './dossiers.ts'
import type { Api } from './api.ts'
import { eventually } from './eventually.ts'
import { anonyme, stranger } from './people.ts'
import { somewhere } from './signalements.ts'

/** What each thing that is somebody's own is called in this test: a word that occurs nowhere else. */
export const canaries = new Map<string, string>()

export function canary(where: string): string {
  const word = `canari${randomBytes(9).toString('hex')}`
  canaries.set(where, word)
  return word
}

function telephone(where: string): string {
  const number = `06${String(randomInt(1e8)).padStart(8, '0')}`
  canaries.set(where, number)
  return number
}

/**
 * One citizen and one agent use everything the hub offers; every field that is personal holds a canary. Returns
 * the id of their dossier.
 */
export async function liveOneLife(): Promise<string> {
  const subject = canary('subject of the token')
  const usager = stranger(['usager'], {
    sub: subject,
    given_name: canary('given name of the token'),
    family_name: canary('family name of the token'),
    email: `${canary('e-mail of the token')}@example.org`,
  })
  const agentSubject = canary('subject of the agent')
  const agent = stranger(['usager', 'agent:etat-civil'], {
    sub: agentSubject,
    family_name: canary('name of the agent'),
  })
  await usager.ok(ModifierMoi, {
    prenom: canary('profile: prenom'),
    nom: canary('profile: nom'),
    courriel: `${canary('profile: courriel')}@example.org`,
    telephone: telephone('profile: telephone'),
  })

  const piece = await usager.uploaded(
    'etat-civil',
    pdf(canary('content of a file')),
    `${canary('name of a file')}.pdf`,
  )
  const dropped = await usager.uploaded('etat-civil', pdf(), `${canary('name of a deleted file')}.pdf`)
  await usager.ok(SupprimerDocument, { id: dropped.id })
  const { id } = await inInstruction(usager, agent, {
    formulaire: {
      ...formulairesValides['acte-de-naissance'],
      titulaire: {
        nomNaissance: canary('form: nomNaissance'),
        prenoms: canary('form: prenoms'),
        dateNaissance: '1990-02-28',
      },
      demandeur: {
        nom: canary('form: nom'),
        prenom: canary('form: prenom'),
        courriel: `${canary('form: courriel')}@example.org`,
      },
      adresseEnvoi: { voie: canary('form: voie'), codePostal: '92240', commune: canary('form: commune') },
    },
    pieces: [{ piece: 'justificatif-identite', documentId: piece.id }],
  })
  const { corrections } = await agent.ok(DemanderCorrection, {
    id,
    motif: 'perime',
    texte: canary('text of a correction'),
  })
  await usager.ok(ModifierDossier, {
    id,
    formulaire: {
      ...formulairesValides['acte-de-naissance'],
      demandeur: { nom: canary('form, changed: nom'), prenom: 'A', courriel: 'a@example.org' },
    },
  })
  await usager.ok(EnvoyerMessage, {
    id,
    texte: canary('answer to a correction'),
    correctionId: corrections[0]!.id,
  })
  await agent.ok(EnvoyerMessage, { id, texte: canary('message of the agent') })
  await agent.ok(ListerDossiersAgent, { texte: canary('what the agent searched') })
  const decision = await agent.uploaded('etat-civil', pdf(), `${canary('name of the decision')}.pdf`, 'agent')
  await agent.ok(DeciderDossier, {
    id,
    sens: 'refuse',
    motivation: canary('motivation'),
    documentId: decision.id,
  })
  await eventually(async () =>
    expect((await usager.ok(LireDocument, { id: decision.id })).statut).toBe('decision'),
  )
  await agent.ok(RouvrirDossier, { id, texte: canary('text of the reopening') })
  const office = await openOffice(agent)
  const rendezVous = await booked(usager, office, {
    telephone: telephone('rendez-vous: telephone'),
    adresse: canary('rendez-vous: adresse'),
    precisions: canary('rendez-vous: precisions'),
  })
  await usager.ok(DeplacerRendezVous, { id: rendezVous.id, debut: await freeSlot(usager, office) })
  await booked(agent, office, {
    beneficiaire: {
      prenom: canary('beneficiaire: prenom'),
      nom: canary('beneficiaire: nom'),
      telephone: telephone('beneficiaire: telephone'),
    },
  })
  await usager.ok(AnnulerRendezVous, { id: rendezVous.id })
  await reportOneThing(usager)
  // Refused requests leave nothing either.
  await usager.send('POST', '/v1/dossiers', { body: { demarche: canary('an unknown demarche') } })
  await usager.send('POST', `/v1/dossiers/${id}/depot`, { body: { inconnu: canary('an unknown field') } })
  return id
}

/** The same citizen, and somebody without account, report things; an agent handles one. */
async function reportOneThing(usager: Api): Promise<void> {
  const agent = stranger(['usager', 'agent:espace-public'])
  const photo = await usager.uploaded('espace-public', jpeg(), `${canary('name of a photo')}.jpg`)
  const place = somewhere()
  const { id } = await usager.ok(CreerSignalement, {
    categorie: 'encombrants',
    ...place,
    siDoublon: 'creer',
    adresse: canary('report: adresse'),
    description: canary('report: description'),
    reponses: { nature: canary('report: an answer') },
    photos: [photo.id],
    contact: {
      courriel: `${canary('report: courriel')}@example.org`,
      nom: canary('report: nom'),
      prenom: canary('report: prenom'),
      telephone: telephone('report: telephone'),
    },
  })
  await usager.ok(CreerSignalement, {
    categorie: 'encombrants',
    ...place,
    reponses: { nature: 'Deux.' },
    description: canary('report: the same again'),
  })
  await agent.ok(PoserQuestion, { id, texte: canary('question of an agent') })
  await usager.ok(RepondreQuestion, { id, texte: canary('answer to a question') })
  await agent.ok(AvancerSignalement, {
    id,
    etape: 'resolu',
    message: canary('word of an agent for the public'),
    note: canary('note of an agent'),
  })
  await agent.ok(PublierSignalement, {
    id,
    description: canary('text that an agent released'),
    photos: [photo.id],
  })
  await usager.ok(RouvrirSignalement, { id, texte: canary('text of a reopening by its reporter') })
  const contact = { courriel: `${canary('report without account: courriel')}@example.org` }
  await anonyme.ok(CreerSignalement, { categorie: 'panneau', ...somewhere(), contact })
  await anonyme.send('POST', '/v1/confirmations', { body: { jeton: canary('a token that is none') } })
  const form = new URLSearchParams({ api_key: canary('an Open311 key'), service_code: 'tags' })
  await anonyme.send('POST', '/open311/v2/requests.json', {
    body: form.toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
}
