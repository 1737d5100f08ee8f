import { randomUUID } from 'node:crypto'
import {
  DossierCorrectionResolue,
  DossierDecide,
  DossierDepose,
  DossierModifie,
  DossierPrisEnInstruction,
} from '../../contracts/demarches.ts'
import { LireDocument, SupprimerDocument } from '../../contracts/documents.ts'
import { onDossierDecide } from '../../services/documents/on-dossier-decide.ts'
import { onDossierDepose } from '../../services/documents/on-dossier-depose.ts'
import { type Bench, startBench, unePersonne } from './bench.ts'
import { correctionResolue, decide, depose, modifie, prisEnInstruction } from './dossiers.ts'
import { pdf } from './fixtures.ts'

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(async () => {
  await bench.stop()
})

const awa = unePersonne()
const usagerId = awa.usagers['etat-civil']
const autre = unePersonne()
const agent = unePersonne('etat-civil')
/** Never so in truth: one identifier in two sectors, so that the sector alone tells the documents apart. */
const memeIdentifiant = { ...awa, usagers: { ...awa.usagers, education: usagerId } }
const types = async (id: string) => (await bench.events(id)).map((event) => event.type)
const televerse = 'guichet.document.televerse.v1'

describe('a dossier is filed', () => {
  test('its pieces are frozen, shared with the sector, and one event tells of each', async () => {
    const [acte, preuve] = [await bench.upload(awa, pdf()), await bench.upload(awa, pdf())]
    const dossierId = randomUUID()
    await bench.dossierEvent(
      DossierDepose,
      { dossierId, sequence: 1, usagerId },
      depose({ acte: acte.id, preuve: preuve.id }),
    )
    await bench.deliver(onDossierDepose, dossierId)
    for (const [piece, { id }] of Object.entries({ acte, preuve })) {
      expect(await bench.ask(LireDocument, { id }, agent)).toMatchObject({ statut: 'depose', dossierId })
      expect((await bench.events(id))[1]).toMatchObject({
        type: 'guichet.document.depose.v1',
        sequence: 2,
        actorKind: 'systeme',
        actorId: 'documents.on-dossier-depose',
        usagerId,
        data: { secteur: 'etat-civil', dossierId, piece },
      })
    }
  })

  test('delivered twice, even at once, it is done once', async () => {
    const { id } = await bench.upload(awa, pdf())
    const dossierId = randomUUID()
    await bench.dossierEvent(DossierDepose, { dossierId, sequence: 1, usagerId }, depose({ acte: id }))
    await Promise.all([1, 2, 3].map(() => bench.deliver(onDossierDepose, dossierId)))
    await bench.deliver(onDossierDepose, dossierId)
    expect(await types(id)).toEqual([televerse, 'guichet.document.depose.v1'])
  })

  test('a piece deleted while its dossier was being filed comes back with its content', async () => {
    const octets = pdf('revenu')
    const { id } = await bench.upload(awa, octets)
    const dossierId = randomUUID()
    await bench.ask(SupprimerDocument, { id }, awa)
    await bench.dossierEvent(DossierDepose, { dossierId, sequence: 1, usagerId }, depose({ acte: id }))
    await bench.deliver(onDossierDepose, dossierId)
    expect(await types(id)).toEqual([televerse, 'guichet.document.supprime.v1', 'guichet.document.depose.v1'])
    const response = await bench.read(agent, id)
    expect(Buffer.from(await response.arrayBuffer()).equals(octets)).toBe(true)
  })

  test('a resolved correction freezes the new pieces and leaves the frozen ones', async () => {
    const [acte, ajout] = [await bench.upload(awa, pdf()), await bench.upload(awa, pdf())]
    const at = { dossierId: randomUUID(), usagerId }
    await bench.dossierEvent(DossierDepose, { ...at, sequence: 1 }, depose({ acte: acte.id }))
    await bench.dossierEvent(
      DossierCorrectionResolue,
      { ...at, sequence: 2 },
      correctionResolue({ acte: acte.id, preuve: ajout.id }),
    )
    await bench.deliver(onDossierDepose, at.dossierId)
    for (const { id } of [acte, ajout])
      expect(await types(id)).toEqual([televerse, 'guichet.document.depose.v1'])
  })

  test('an agent who takes a dossier back before the answer freezes what the usager had replaced', async () => {
    const [ancienne, nouvelle] = [await bench.upload(awa, pdf()), await bench.upload(awa, pdf())]
    const dossierId = randomUUID()
    const about = (sequence: number) => ({ dossierId, sequence, usagerId })
    await bench.dossierEvent(DossierDepose, about(1), depose({ acte: ancienne.id }))
    await bench.dossierEvent(DossierPrisEnInstruction, about(2), prisEnInstruction({ acte: nouvelle.id }))
    await bench.deliver(onDossierDepose, dossierId)
    for (const { id } of [ancienne, nouvelle])
      expect(await bench.ask(LireDocument, { id }, agent)).toMatchObject({ statut: 'depose', dossierId })
  })

  test('a piece that replaces another while a correction is open is frozen at once, one of a draft never', async () => {
    const [ancienne, nouvelle, libre] = [
      await bench.upload(awa, pdf()),
      await bench.upload(awa, pdf()),
      await bench.upload(awa, pdf()),
    ]
    const [dossierId, brouillon] = [randomUUID(), randomUUID()]
    await bench.dossierEvent(
      DossierDepose,
      { dossierId, sequence: 1, usagerId },
      depose({ acte: ancienne.id }),
    )
    await bench.dossierEvent(
      DossierModifie,
      { dossierId, sequence: 2, usagerId },
      modifie('en_construction', { acte: nouvelle.id }),
    )
    await bench.dossierEvent(
      DossierModifie,
      { dossierId: brouillon, sequence: 1, usagerId },
      modifie('brouillon', { acte: libre.id }),
    )
    await bench.deliver(onDossierDepose, dossierId)
    await bench.deliver(onDossierDepose, brouillon)
    expect(await bench.ask(LireDocument, { id: nouvelle.id }, agent)).toMatchObject({
      statut: 'depose',
      dossierId,
    })
    expect(await bench.ask(LireDocument, { id: libre.id }, awa)).toMatchObject({ statut: 'libre' })
  })

  test('one paper for two pieces is frozen once; given to a second dossier it stays with the first', async () => {
    const { id } = await bench.upload(awa, pdf())
    const [premier, second] = [randomUUID(), randomUUID()]
    await bench.dossierEvent(
      DossierDepose,
      { dossierId: premier, sequence: 1, usagerId },
      depose({ acte: id, preuve: id }),
    )
    await bench.deliver(onDossierDepose, premier)
    await bench.dossierEvent(
      DossierDepose,
      { dossierId: second, sequence: 1, usagerId },
      depose({ acte: id }),
    )
    await bench.deliver(onDossierDepose, second)
    expect(await bench.stopped(onDossierDepose, second)).toBe(false)
    expect(await types(id)).toEqual([televerse, 'guichet.document.depose.v1'])
    expect(await bench.ask(LireDocument, { id }, awa)).toMatchObject({ dossierId: premier })
  })

  test.each([
    ['of another person', () => bench.upload(autre, pdf()), autre],
    [
      'of another sector',
      () => bench.upload(memeIdentifiant, pdf(), { secteur: 'education' }),
      memeIdentifiant,
    ],
    ['of the administration', () => bench.upload(agent, pdf(), { emisPar: 'agent' }), agent],
  ])('a document %s is not touched, nor the others: the lane stops', async (_what, foreign, reader) => {
    const [sien, { id }] = [await bench.upload(awa, pdf()), await foreign()]
    const dossierId = randomUUID()
    await bench.dossierEvent(
      DossierDepose,
      { dossierId, sequence: 1, usagerId },
      depose({ acte: sien.id, preuve: id }),
    )
    await bench.deliver(onDossierDepose, dossierId)
    expect(await bench.stopped(onDossierDepose, dossierId)).toBe(true)
    expect(await bench.ask(LireDocument, { id }, reader)).toMatchObject({ statut: 'libre' })
    expect([await types(sien.id), await types(id)]).toEqual([[televerse], [televerse]])
  })

  test('a document that is gone stops the lane', async () => {
    const dossierId = randomUUID()
    await bench.dossierEvent(
      DossierDepose,
      { dossierId, sequence: 1, usagerId },
      depose({ acte: randomUUID() }),
    )
    await bench.deliver(onDossierDepose, dossierId)
    expect(await bench.stopped(onDossierDepose, dossierId)).toBe(true)
  })
})

describe('a dossier is decided', () => {
  const draft = () => bench.upload(agent, pdf(), { emisPar: 'agent' })

  test('the decision becomes a document of the usager, and the timeline says so', async () => {
    const { id } = await draft()
    const dossierId = randomUUID()
    await bench.dossierEvent(DossierDecide, { dossierId, sequence: 1, usagerId }, decide(id))
    await bench.deliver(onDossierDecide, dossierId)
    await bench.deliver(onDossierDecide, dossierId)
    expect(await bench.ask(LireDocument, { id }, awa)).toMatchObject({ statut: 'decision', dossierId })
    expect((await bench.events(id)).slice(1)).toMatchObject([
      {
        type: 'guichet.document.decision-remise.v1',
        sequence: 2,
        actorKind: 'systeme',
        actorId: 'documents.on-dossier-decide',
        usagerId,
        data: { secteur: 'etat-civil', dossierId, reference: 'EC-7K2M-9QXT' },
      },
    ])
  })

  test('a decision deleted while it was taken comes back', async () => {
    const { id } = await draft()
    const dossierId = randomUUID()
    await bench.ask(SupprimerDocument, { id }, agent)
    await bench.dossierEvent(DossierDecide, { dossierId, sequence: 1, usagerId }, decide(id))
    await bench.deliver(onDossierDecide, dossierId)
    expect((await bench.read(awa, id)).status).toBe(200)
  })

  test('a decision without a document hands nothing over', async () => {
    const dossierId = randomUUID()
    await bench.dossierEvent(DossierDecide, { dossierId, sequence: 1, usagerId }, decide(null))
    await bench.deliver(onDossierDecide, dossierId)
    expect(await bench.stopped(onDossierDecide, dossierId)).toBe(false)
  })

  test('decided again with the same document, nothing is told twice', async () => {
    const { id } = await draft()
    const at = { dossierId: randomUUID(), usagerId }
    await bench.dossierEvent(DossierDecide, { ...at, sequence: 1 }, decide(id))
    await bench.dossierEvent(DossierDecide, { ...at, sequence: 2 }, decide(id))
    await bench.deliver(onDossierDecide, at.dossierId)
    expect(await bench.stopped(onDossierDecide, at.dossierId)).toBe(false)
    expect(await bench.events(id)).toHaveLength(2)
  })

  test('a decision handed to one person is never handed to another', async () => {
    const { id } = await draft()
    const [premier, second] = [randomUUID(), randomUUID()]
    await bench.dossierEvent(DossierDecide, { dossierId: premier, sequence: 1, usagerId }, decide(id))
    await bench.deliver(onDossierDecide, premier)
    await bench.dossierEvent(
      DossierDecide,
      { dossierId: second, sequence: 1, usagerId: autre.usagers['etat-civil'] },
      decide(id),
    )
    await bench.deliver(onDossierDecide, second)
    expect(await bench.stopped(onDossierDecide, second)).toBe(true)
    await expect(bench.ask(LireDocument, { id }, autre)).rejects.toMatchObject({ code: 'introuvable' })
    expect(await bench.ask(LireDocument, { id }, awa)).toMatchObject({ dossierId: premier })
  })

  test('a document that its usager sent, or that another sector issued, is no decision: the lane stops', async () => {
    const ailleurs = unePersonne('education')
    for (const { id } of [
      await bench.upload(awa, pdf()),
      await bench.upload(ailleurs, pdf(), { emisPar: 'agent', secteur: 'education' }),
    ]) {
      const dossierId = randomUUID()
      await bench.dossierEvent(DossierDecide, { dossierId, sequence: 1, usagerId }, decide(id))
      await bench.deliver(onDossierDecide, dossierId)
      expect(await bench.stopped(onDossierDecide, dossierId)).toBe(true)
      expect(await types(id)).toEqual([televerse])
    }
  })
})
