import type { MultipartFile } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { tailleMaximale } from '../contracts/documents.ts'
import { Refusal } from '../contracts/errors.ts'

/** The name of the file's field. */
const field = 'fichier'

/** What a multipart request may add to its file: boundaries and headers. */
const overhead = 64 * 1024

export interface SoleFile {
  /** As the sender wrote it; may be empty. */
  readonly name: string
  /**
   * Its bytes as they come. Ends only once the request is known to hold nothing else, so that a reader who keeps
   * what has ended keeps no half of a request.
   * @throws Refusal `fichier-refuse`, `corps-trop-grand`, `requete-illisible`
   */
  bytes(): AsyncIterable<Buffer>
  /** Lets go of what was not read, so that the sender is not left hanging. */
  discard(): void
}

/**
 * The one file of a multipart request, in the field `fichier`. A request with more in it is refused: the second file of a person must not
 * disappear without a word.
 * @throws Refusal as `bytes` does, and `type-non-pris-en-charge`
 */
export async function soleFile(request: FastifyRequest): Promise<SoleFile> {
  if (!request.isMultipart())
    throw new Refusal('type-non-pris-en-charge', 'Envoyez le fichier en multipart/form-data.')
  if (Number(request.headers['content-length']) > tailleMaximale + overhead) throw tooLarge()
  const parts = request.parts({ limits: { fileSize: tailleMaximale + 1, files: 1, fields: 0, parts: 1 } })
  const next = () => parts.next().catch((error: unknown) => Promise.reject(refusalOf(error)))
  const { value: part } = await next()
  if (part?.type !== 'file' || part.fieldname !== field) throw notOneFile()
  return {
    name: part.filename || 'document',
    async *bytes() {
      yield* readOf(part.file)
      if (!(await next()).done) throw notOneFile()
    },
    discard: () => void part.file.resume(),
  }
}

async function* readOf(file: MultipartFile['file']): AsyncIterable<Buffer> {
  try {
    yield* file as AsyncIterable<Buffer>
  } catch (error) {
    throw refusalOf(error)
  }
}

/** What went wrong while the form was taken apart; nothing but the form can make it fail. */
function refusalOf(error: unknown): Refusal {
  const { code } = error as { code?: string }
  if (code === 'FST_REQ_FILE_TOO_LARGE') return tooLarge()
  return code?.endsWith('_LIMIT') ? notOneFile() : new Refusal('requete-illisible')
}

function tooLarge(): Refusal {
  return new Refusal(
    'corps-trop-grand',
    'Le fichier dépasse 25 Mo: réduisez-le, ou envoyez-le en plusieurs parties.',
  )
}

function notOneFile(): Refusal {
  return new Refusal('fichier-refuse', 'Envoyez un fichier, et lui seul, dans le champ `fichier`.')
}
