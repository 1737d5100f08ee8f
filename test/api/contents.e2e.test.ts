import { randomUUID } from 'node:crypto'
import {
  CreerDossier,
  DemanderCorrection,
  EnvoyerMessage,
  LireDossier,
  ModifierDossier,
} from '../../contracts/demarches.ts'
import { LireDocument, SupprimerDocument } from '../../contracts/documents.ts'
import { formulairesValides } from '../demarches/exemples.ts'
import { pdf } from '../documents/fixtures.ts'
import { type Api, refusal } from '../support/api.ts'
import { correctionAsked, deposited, draft, inInstruction } from '../support/dossiers.ts'
import { eventually } from '../support/eventually.ts'
import { stranger } from '../support/people.ts'

const amina = stranger()
const claire = stranger(['usager', 'agent:etat-civil'])

/** The fields that a refused order blames, without their French. */
async function blamed(
  api: Api,
  method: string,
  path: string,
  body: unknown,
  code = 'donnees-invalides' as const,
) {
  const { erreurs = [] } = refusal(await api.send(method, path, { body }), code)
  return erreurs.map((erreur) => erreur.pointeur).toSorted()
}

describe('the form of a dossier', () => {
  test('may lack fields in a draft, and each is named when the dossier is deposited', async () => {
    const { id } = await draft(amina, { formulaire: { demandeur: { nom: 'Morel' }, neeAMalakoff: true } })
    const { erreurs } = refusal(await amina.send('POST', `/v1/dossiers/${id}/depot`), 'donnees-invalides')
    expect(new Set(erreurs?.map((erreur) => erreur.message))).toEqual(new Set(['Ce champ est obligatoire.']))
    expect(erreurs?.map((erreur) => erreur.pointeur).toSorted()).toEqual([
      '/formulaire/adresseEnvoi',
      '/formulaire/demandeur/courriel',
      '/formulaire/demandeur/prenom',
      '/formulaire/nombreExemplaires',
      '/formulaire/titulaire',
      '/formulaire/typeActe',
    ])
    expect((await amina.ok(LireDossier, { id })).etat).toBe('brouillon')
  })

  test('is checked in a draft already, one pointer for each field that is wrong', async () => {
    const formulaire = {
      ...formulairesValides['acte-de-naissance'],
      nombreExemplaires: 'deux',
      titulaire: { nomNaissance: '', prenoms: 'Camille', dateNaissance: '1990-02-30' },
      'a/b~c': 1,
    }
    const body = { demarche: 'acte-de-naissance', formulaire }
    const expected = [
      '/formulaire/a~1b~0c',
      '/formulaire/nombreExemplaires',
      '/formulaire/titulaire/dateNaissance',
      '/formulaire/titulaire/nomNaissance',
    ]
    expect(await blamed(amina, 'POST', '/v1/dossiers', body)).toEqual(expected)
    const { id } = await draft(amina)
    expect(await blamed(amina, 'PATCH', `/v1/dossiers/${id}`, { formulaire })).toEqual(expected)
  })

  test('is never quoted in the refusal', async () => {
    const secret = `secret-${randomUUID()}`
    const formulaire = { nombreExemplaires: secret, typeActe: secret, titulaire: { dateNaissance: secret } }
    const reply = await amina.send('POST', '/v1/dossiers', {
      body: { demarche: 'acte-de-naissance', formulaire },
    })
    refusal(reply, 'donnees-invalides')
    expect(reply.text).not.toContain(secret)
  })

  test('of a demarche that is not on offer is not taken', async () => {
    for (const demarche of ['permis-de-construire', '', 'constructor', '__proto__', 'acte-de-naissance.v1'])
      refusal(await amina.send('POST', '/v1/dossiers', { body: { demarche } }), 'introuvable')
  })

  test('stays complete while a correction is awaited', async () => {
    const { id } = await correctionAsked(amina, claire)
    const { nombreExemplaires: _, ...formulaire } = formulairesValides['acte-de-naissance']!
    expect(await blamed(amina, 'PATCH', `/v1/dossiers/${id}`, { formulaire })).toEqual([
      '/formulaire/nombreExemplaires',
    ])
  })
})

describe('the pieces of a dossier', () => {
  const piece = (documentId: string, code = 'justificatif-identite') => ({ piece: code, documentId })

  test('that are obligatory must be there at the deposit, each is named', async () => {
    const formulaire = formulairesValides['listes-electorales']!
    const { id } = await draft(amina, { demarche: 'listes-electorales', formulaire })
    const deposit = () => amina.send('POST', `/v1/dossiers/${id}/depot`)
    expect(refusal(await deposit(), 'piece-manquante').erreurs).toEqual([
      {
        pointeur: '/pieces',
        piece: 'justificatif-identite',
        message: 'Joignez cette pièce\u{a0}: Pièce d’identité et de nationalité.',
      },
      {
        pointeur: '/pieces',
        piece: 'justificatif-attache',
        message: 'Joignez cette pièce\u{a0}: Justificatif d’attache avec la commune.',
      },
    ])
    const [one, two] = [await amina.uploaded('etat-civil', pdf()), await amina.uploaded('etat-civil', pdf())]
    await amina.ok(ModifierDossier, { id, pieces: [piece(one.id)] })
    expect(refusal(await deposit(), 'piece-manquante').erreurs).toHaveLength(1)
    await amina.ok(ModifierDossier, { id, pieces: [piece(one.id), piece(two.id, 'justificatif-attache')] })
    expect((await deposit()).status).toBe(200)
  })

  test('must be one’s own, of the sector, still there, and there at all', async () => {
    const theirs = await stranger().uploaded('etat-civil', pdf())
    const elsewhere = await amina.uploaded('education', pdf())
    const issued = await claire.uploaded('etat-civil', pdf(), 'acte.pdf', 'agent')
    const gone = await amina.uploaded('etat-civil', pdf())
    await amina.ok(SupprimerDocument, { id: gone.id })
    const mine = await amina.uploaded('etat-civil', pdf())
    const wrong = [theirs.id, elsewhere.id, issued.id, gone.id, randomUUID()]
    const pieces = [piece(mine.id), ...wrong.map((id) => piece(id))]
    const body = { demarche: 'acte-de-naissance', pieces }
    const { erreurs } = refusal(await amina.send('POST', '/v1/dossiers', { body }), 'piece-inconnue')
    // One sentence for all: whether somebody else has such a document is not said.
    expect(erreurs).toEqual(
      wrong.map((_, n) => ({
        pointeur: `/pieces/${n + 1}/documentId`,
        message: 'Ce document n’existe pas ou ne vous appartient pas.',
      })),
    )
    const { id } = await draft(amina)
    for (const other of wrong)
      refusal(
        await amina.send('PATCH', `/v1/dossiers/${id}`, { body: { pieces: [piece(other)] } }),
        'piece-inconnue',
      )
  })

  test('that disappeared since the draft are missed at the deposit', async () => {
    const { id: documentId } = await amina.uploaded('etat-civil', pdf())
    const { id } = await draft(amina, { pieces: [piece(documentId)] })
    await amina.ok(SupprimerDocument, { id: documentId })
    refusal(await amina.send('POST', `/v1/dossiers/${id}/depot`), 'piece-inconnue')
  })

  test('are those that the demarche asks for', async () => {
    const { id: documentId } = await amina.uploaded('etat-civil', pdf())
    const pieces = [piece(documentId), piece(documentId, 'facture'), piece(documentId, 'constructor')]
    expect(await blamed(amina, 'POST', '/v1/dossiers', { demarche: 'acte-de-naissance', pieces })).toEqual([
      '/pieces/1/piece',
      '/pieces/2/piece',
    ])
  })

  test('are thirty at most, each with a code and an id', async () => {
    const pieces = Array.from({ length: 31 }, () => piece(randomUUID()))
    expect(await blamed(amina, 'POST', '/v1/dossiers', { demarche: 'acte-de-naissance', pieces })).toEqual([
      '/pieces',
    ])
    const broken = [{ piece: '', documentId: 'x' }, 'a']
    expect(
      await blamed(amina, 'POST', '/v1/dossiers', { demarche: 'acte-de-naissance', pieces: broken }),
    ).toEqual(['/pieces/0/documentId', '/pieces/0/piece', '/pieces/1'])
  })

  test('can no longer be deleted once the dossier is deposited, and the agent can read them', async () => {
    const { id } = await amina.uploaded('etat-civil', pdf())
    await deposited(amina, { pieces: [piece(id)] })
    refusal(await amina.send('DELETE', `/v1/documents/${id}`), 'document-verrouille')
    await eventually(async () => expect((await claire.ok(LireDocument, { id })).statut).toBe('depose'))
    refusal(await amina.send('DELETE', `/v1/documents/${id}`), 'document-verrouille')
    expect((await claire.send('GET', `/v1/documents/${id}/contenu`)).status).toBe(200)
  })
})

describe('a decision', () => {
  test('to refuse or to close is motivated', async () => {
    const { id } = await inInstruction(amina, claire)
    const path = `/v1/dossiers/${id}/decision`
    for (const sens of ['refuse', 'sans_suite'])
      for (const motivation of [undefined, '', '   ', '\n\t'])
        expect(await blamed(claire, 'POST', path, { sens, motivation })).toEqual(['/motivation'])
    expect(
      (await claire.send('POST', path, { body: { sens: 'refuse', motivation: ' Hors délai. ' } })).status,
    ).toBe(200)
    expect((await amina.ok(LireDossier, { id })).decision?.motivation).toBe('Hors délai.')
  })

  test('is one of three', async () => {
    const { id } = await inInstruction(amina, claire)
    for (const sens of ['accepter', '', null, ['accepte'], undefined])
      expect(await blamed(claire, 'POST', `/v1/dossiers/${id}/decision`, { sens })).toEqual(['/sens'])
  })

  test('comes with a document that the service issued and that decides nothing else', async () => {
    const document = await claire.uploaded('etat-civil', pdf(), 'acte.pdf', 'agent')
    const foreign = await stranger(['agent:education']).uploaded('education', pdf(), 'acte.pdf', 'agent')
    const [mine, theirs] = [
      await claire.uploaded('etat-civil', pdf()),
      await amina.uploaded('etat-civil', pdf()),
    ]
    const [one, two] = [await inInstruction(amina, claire), await inInstruction(amina, claire)]
    const decide = (id: string, documentId: string) =>
      claire.send('POST', `/v1/dossiers/${id}/decision`, { body: { sens: 'accepte', documentId } })
    for (const wrong of [foreign.id, mine.id, theirs.id, randomUUID()])
      expect(refusal(await decide(one.id, wrong), 'piece-inconnue').erreurs?.[0]?.pointeur).toBe(
        '/documentId',
      )
    expect((await decide(one.id, document.id)).status).toBe(200)
    await eventually(async () =>
      expect((await claire.ok(LireDocument, { id: document.id })).statut).toBe('decision'),
    )
    refusal(await decide(two.id, document.id), 'piece-inconnue')
  })
})

describe('a correction', () => {
  test('is answered by the usager, once, on the dossier where it was asked', async () => {
    const { id, corrections } = await correctionAsked(amina, claire)
    const other = await correctionAsked(amina, claire)
    const correctionId = corrections[0]!.id
    const path = `/v1/dossiers/${id}/messages`
    const answer = (asked: string) => ({ texte: 'Voici.', correctionId: asked })
    expect(await blamed(claire, 'POST', path, answer(correctionId))).toEqual(['/correctionId'])
    for (const wrong of [other.corrections[0]!.id, randomUUID()])
      expect(await blamed(amina, 'POST', path, answer(wrong))).toEqual(['/correctionId'])
    const resolved = await amina.ok(EnvoyerMessage, { id, ...answer(correctionId) })
    expect([resolved.etat, resolved.corrections[0]?.resolueLe === null]).toEqual(['en_instruction', false])
    expect(await blamed(amina, 'POST', path, answer(correctionId))).toEqual(['/correctionId'])
  })

  test('of several, the last answered gives the dossier back', async () => {
    const { id, corrections } = await correctionAsked(amina, claire)
    const second = await claire.ok(DemanderCorrection, { id, motif: 'perime', texte: 'Trop vieux.' })
    const etats = []
    for (const { id: correctionId } of [corrections[0]!, second.corrections[1]!])
      etats.push((await amina.ok(EnvoyerMessage, { id, texte: 'Voici.', correctionId })).etat)
    expect(etats).toEqual(['en_construction', 'en_instruction'])
  })

  test('has a motive and a text', async () => {
    const { id } = await inInstruction(amina, claire)
    const path = `/v1/dossiers/${id}/corrections`
    expect(await blamed(claire, 'POST', path, {})).toEqual(['/motif', '/texte'])
    expect(await blamed(claire, 'POST', path, { motif: 'autre', texte: ' ' })).toEqual(['/motif', '/texte'])
    expect(await blamed(claire, 'POST', path, { motif: 'perime', texte: 'x'.repeat(4001) })).toEqual([
      '/texte',
    ])
  })
})

test('a dossier is made in the name of who is signed in, whatever the body says', async () => {
  for (const field of ['usagerId', 'etat', 'version', 'reference', 'id', 'secteur', 'creeLe'])
    expect(
      await blamed(amina, 'POST', '/v1/dossiers', { demarche: 'acte-de-naissance', [field]: randomUUID() }),
    ).toEqual([`/${field}`])
  expect((await amina.ok(CreerDossier, { demarche: 'acte-de-naissance' })).version).toBe(1)
})
