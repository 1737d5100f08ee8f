import { tailleMaximale } from '../../contracts/documents.ts'
import { Refusal } from '../../contracts/errors.ts'
import type { Ground } from '../../infra/service.ts'
import { inSpan } from '../../infra/telemetry.ts'
import { type Antivirus, clamd } from './clamd.ts'
import { Examinateur } from './examinateur.ts'
import type { Constat } from './examen.ts'
import type { Tours } from './tours.ts'

/** What stands between a file that has arrived and a document that can be read. */
export interface Verification {
  /**
   * The verdict on a file that nobody can read yet: of clamd where `CLAMAV_URL` says so, then always our own.
   * @param cible where the cleaned file goes, when there is one
   * @param compte whose file it is: accounts take turns
   * @throws Refusal `fichier-refuse` with a reason; `service-indisponible` when there is no verdict
   */
  verifier(demande: { fichier: string; cible: string; compte: string }): Promise<Constat>
  /** Lets running ones finish. */
  stop(): Promise<void>
}

export function ouvrirVerification(
  { config, log }: Pick<Ground, 'config' | 'log'>,
  tours: Tours,
): Verification {
  const antivirus = config.clamavUrl === undefined ? null : clamd(config.clamavUrl, log)
  const examinateur = new Examinateur(log, tours)
  if (antivirus) void annoncer(antivirus, log)
  return {
    async verifier(demande) {
      await antivirus?.analyser(demande.fichier)
      const constat = await inSpan('examen du fichier', {}, () => examinateur.examiner(demande))
      if (constat.propre && constat.propre.taille > tailleMaximale)
        throw new Refusal('fichier-refuse', 'Le fichier, une fois nettoyé, dépasse 25 Mo: réduisez l’image.')
      return constat
    },
    stop: () => examinateur.stop(),
  }
}

/** The hub starts without its antivirus, for most of it needs none; the administrator reads at once what will not work. */
async function annoncer(antivirus: Antivirus, log: Ground['log']): Promise<void> {
  try {
    log.info({ version: await antivirus.version() }, 'clamd answers')
  } catch (error) {
    log.warn({ err: error }, 'clamd does not answer: uploads are refused until it does')
  }
}
