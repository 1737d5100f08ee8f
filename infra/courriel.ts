import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import type { Config } from './config.ts'

export interface Courriel {
  /** Names it for ever: the same mail, sent again, has the same `Message-ID`. */
  readonly id: string
  readonly a: string
  readonly sujet: string
  /** Plain text. */
  readonly texte: string
}

/** A server that takes longer is tried again later: who sends holds a transaction open, which must stay short. */
const patienceMs = 8_000

/**
 * Hands a mail over: to the server of `SMTP_URL`, or, without one, to the folder `courriels` of the hub's data, one
 * `.eml` file each, readable by who runs the hub. At least once: what was handed over and not noted comes again.
 * @throws Error when it could not be handed over; it names neither the address nor the text
 */
export async function envoyerCourriel(
  { smtpUrl, smtpFrom, dataFolder }: Pick<Config, 'smtpUrl' | 'smtpFrom' | 'dataFolder'>,
  { id, a, sujet, texte }: Courriel,
): Promise<void> {
  const domaine = smtpFrom.slice(smtpFrom.lastIndexOf('@') + 1).replace('>', '')
  const message = { messageId: `<${id}@${domaine}>`, from: smtpFrom, to: a, subject: sujet, text: texte }
  if (smtpUrl === undefined) {
    const { message: octets } = await createTransport({ streamTransport: true, buffer: true }).sendMail(
      message,
    )
    return await ranger(join(dataFolder, 'courriels'), id, octets as Buffer)
  }
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: patienceMs / 2,
    greetingTimeout: patienceMs / 2,
    socketTimeout: patienceMs,
  })
  const tropTard = setTimeout(() => transport.close(), patienceMs)
  try {
    await transport.sendMail({ ...message, disableFileAccess: true, disableUrlAccess: true })
  } catch (error) {
    const { code, responseCode } = error as { code?: string; responseCode?: number }
    // oxlint-disable-next-line preserve-caught-error -- the server's answer quotes the address
    throw new Error(`the mail was not taken (${responseCode ?? code ?? 'no answer'})`)
  } finally {
    clearTimeout(tropTard)
    transport.close()
  }
}

/** Whole or not at all, and only for whom the hub belongs to. */
async function ranger(dossier: string, id: string, octets: Buffer): Promise<void> {
  await mkdir(dossier, { recursive: true, mode: 0o700 })
  const chemin = join(dossier, `${id}.eml`)
  await writeFile(`${chemin}.part`, octets, { mode: 0o600, flush: true })
  await rename(`${chemin}.part`, chemin)
}
