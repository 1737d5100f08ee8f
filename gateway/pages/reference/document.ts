/** As much of OpenAPI 3.1 as `openapi.ts` writes and the reference page reads. */

export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly string[]
  readonly const?: unknown
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly description?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly 'x-personnel'?: boolean
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}

export interface Answer {
  readonly description: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content?: Readonly<Record<string, { schema: Schema; example?: string; examples?: object }>>
}

export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: {
    readonly required?: boolean
    readonly content: Readonly<
      Record<string, { schema: Schema; encoding?: { fichier: { contentType: string } } }>
    >
  }
  readonly responses: Readonly<Record<string, Answer | { $ref: string }>>
}

export interface OpenApi {
  readonly info: { readonly description: string }
  readonly tags: readonly { name: string; description?: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>
    readonly responses: Readonly<Record<string, Answer>>
    readonly examples: Readonly<Record<string, { value: { status: number; title: string; code: string } }>>
  }
}

/** The name of the component that a reference means. */
export function nameOf($ref: string): string {
  return $ref.split('/').at(-1)!
}

export function schemaOf(schema: Schema, { components }: OpenApi): Schema {
  return schema.$ref === undefined ? schema : components.schemas[nameOf(schema.$ref)]!
}

export function answerOf(answer: Answer | { $ref: string }, { components }: OpenApi): Answer {
  return '$ref' in answer ? components.responses[nameOf(answer.$ref)]! : answer
}
