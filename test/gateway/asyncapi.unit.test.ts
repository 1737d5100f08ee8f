import { createRequire } from 'node:module'
import { Ajv, type AnySchemaObject } from 'ajv'
import addFormats from 'ajv-formats'
import { events } from '../../contracts/catalog.ts'
import { asyncApiDocument } from '../../gateway/asyncapi.ts'
import { subjectOf } from '../../infra/stream.ts'
import { referencePage } from '../../gateway/pages/reference/page.ts'
import { document as openApi, issuer, publicUrl } from './openapi-document.ts'

const asyncApi = asyncApiDocument(publicUrl)
const { messages } = asyncApi.components

function ajv(): Ajv {
  const made = new Ajv({ strict: false, allErrors: true })
  addFormats.default(made)
  return made
}

const specification = createRequire(import.meta.url)(
  '@asyncapi/specs/schemas/3.0.0-without-$id.json',
) as AnySchemaObject
const conforms = ajv().compile(specification)

describe('the AsyncAPI document', () => {
  test('is one by the specification, its references included', () => {
    expect(conforms(asyncApi)).toBe(true)
    expect(conforms({ ...asyncApi, channels: { evenements: { address: 1 } } })).toBe(false)
    const references = [...JSON.stringify(asyncApi).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path]) => path!,
    )
    expect(references.length).toBeGreaterThan(events.size)
    for (const path of references) expect(pathsOf(asyncApi, path.replaceAll('~1', '/'))).toBeDefined()
  })

  test('with NATS it says where and how to pull, and is one by the specification, without saying a word of NATS_URL', () => {
    const withNats = asyncApiDocument(publicUrl, 'nats://gateway:s3cr3t@a.example:4333,tls://b.example')
    expect(conforms(withNats)).toBe(true)
    const { servers, channels } = withNats as unknown as Record<
      string,
      Record<string, Record<string, object>>
    >
    expect(servers!.nats).toMatchObject({ protocol: 'nats' })
    expect(JSON.stringify(withNats).match(/s3cr3t|gateway|[ab]\.example/)).toBeNull()
    const { address, parameters } = channels!.evenementsNats as unknown as {
      address: string
      parameters: Record<string, { enum?: string[] }>
    }
    // Every event of the catalogue that is not private goes there, as the publisher sends it.
    const pattern = new RegExp(
      `^${address.replaceAll('.', '\\.').replaceAll(/\{(\w+)\}/g, (_, name: string) => (parameters[name]?.enum ? `(${parameters[name].enum.join('|')})` : '[^.]+'))}$`,
    )
    for (const type of events.keys())
      expect(subjectOf({ type, subject: 'dossier/x', data: {} })).toMatch(pattern)
    expect(asyncApi.servers).not.toHaveProperty('nats')
    expect(asyncApi.channels).not.toHaveProperty('evenementsNats')
  })

  test('holds every event of the catalogue, with a sentence and the role that opens it', () => {
    expect(Object.keys(messages)).toEqual([...events.keys()])
    for (const [type, event] of events)
      expect(messages[type]).toMatchObject({
        name: type,
        summary: expect.stringMatching(/^[A-ZÀ-Ý].*\.$/),
        'x-role': `evenements:${event.aggregate}`,
      })
  })

  test('describes an event as it is told: its envelope, its own type, its data, and what may come later', () => {
    const type = 'guichet.dossier.decide.v1'
    const validate = ajv().compile(messages[type]!.payload)
    const told = {
      specversion: '1.0',
      id: '0199f2a4-7c1e-4d3a-9f65-2f5b1d0c4e8a',
      source: '/demarches',
      type,
      subject: 'dossier/0199f2a4-7c1e-4d3a-9f65-2f5b1d0c4e8a',
      time: '2026-11-24T08:00:00Z',
      datacontenttype: 'application/json',
      sequence: 3,
      rang: 7,
      actor: { kind: 'systeme', id: 'demarches.silence' },
      usager: null,
      data: {
        reference: 'D-2026-ABC',
        demarche: 'acte-de-naissance',
        secteur: 'etat-civil',
        etat: 'accepte',
        sens: 'accepte',
        implicite: true,
        documentId: null,
        plusTard: 'un champ nouveau',
      },
    }
    const { actor: _, ...rest } = told
    expect([
      validate({ ...told, actor: told.actor }),
      validate.errors?.map((one) => one.instancePath),
    ]).toEqual([true, undefined])
    expect(validate({ ...told, type: 'guichet.dossier.depose.v1' })).toBe(false)
    expect(validate({ ...told, subject: 'document/1' })).toBe(false)
    expect(validate({ ...told, data: { ...told.data, sens: 'peut-etre' } })).toBe(false)
    expect(validate(rest)).toBe(false)
  })
})

test('the reference page says of each event what it means, who may read it, and its fields', () => {
  const page = referencePage(openApi, asyncApi, { publicUrl, issuer })
  for (const [type, event] of events) {
    const article = page.split('<article ').find((part) => part.includes(`id="evenement.${type}"`)) ?? ''
    expect(article).toContain(`<code>evenements:${event.aggregate}</code>`)
    expect(article.includes('dans le fil de l’usager')).toBe(event.suivi !== undefined)
    for (const field of Object.keys(event.data.shape)) expect(article).toContain(`<dt><code>${field}</code>`)
  }
})

function pathsOf(root: object, path: string): unknown {
  return path
    .split('/')
    .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], root)
}
