import { Refusal } from '../../contracts/errors.ts'
import { type Constat, examiner } from './examen.ts'
import { tropComplexe } from './trop-complexe.ts'
import { codeSysteme } from './code-systeme.ts'

/**
 * The process in which files are examined, one at a time: decoders written in C meet hostile bytes here, where
 * there is no secret, no database and no other person's file. It ends when its parent does.
 */

export interface Demande {
  readonly fichier: string
  readonly cible: string
}

export type Reponse =
  | { readonly constat: Constat }
  | { readonly refus: string }
  | { readonly erreur: { readonly code: string; readonly message: string } }

async function repondre({ fichier, cible }: Demande): Promise<Reponse> {
  try {
    return { constat: await examiner(fichier, cible) }
  } catch (error) {
    // A regular expression runs out of stack on files made for that.
    const refusal = error instanceof RangeError ? tropComplexe() : error
    if (refusal instanceof Refusal && refusal.detail) return { refus: refusal.detail }
    return { erreur: { code: String(codeSysteme(error)), message: String(error) } }
  }
}

process.on('message', (demande) => {
  void repondre(demande as Demande).then((reponse) => process.send?.(reponse))
})
process.once('disconnect', () => process.exit())
// Ctrl-C in a terminal reaches every process of the hub; the parent lets the running examination finish.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
