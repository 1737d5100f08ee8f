import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { Refusal } from '../../contracts/errors.ts'
import type { Logger } from '../../infra/log.ts'
import type { Constat } from './examen.ts'
import type { Demande, Reponse } from './examen-processus.ts'
import type { Tours } from './tours.ts'
import { tropComplexe } from './trop-complexe.ts'

const programme = join(import.meta.dirname, 'examen-processus.ts')

/** Milliseconds. With the wait for a turn and clamd's 10 s they stay below the 45 s that the gateway waits. */
const delais = { examen: 10_000, repos: 30_000 }

/**
 * Has files examined in a process of their own, one at a time: a file that crashes a decoder, or fills its memory,
 * ends that process and not the hub. The process starts with the first file and ends after 30 s without any, and
 * gives its memory back.
 */
export class Examinateur {
  readonly #log: Logger
  readonly #tours: Tours
  readonly #delais: typeof delais
  #enfant: ChildProcess | null = null
  #repos: NodeJS.Timeout | undefined
  readonly #enCours = new Set<Promise<unknown>>()

  constructor(log: Logger, tours: Tours, duree: Partial<typeof delais> = {}) {
    this.#log = log
    this.#tours = tours
    this.#delais = { ...delais, ...duree }
  }

  /**
   * @param cible where the cleaned file goes, when there is one
   * @param compte whose file it is: accounts take turns
   * @throws Refusal `fichier-refuse` with a reason, `service-indisponible` when its turn does not come in time
   */
  async examiner({ compte, ...demande }: Demande & { compte: string }): Promise<Constat> {
    const examen = this.#tours.prendre(compte, () => this.#demander(demande))
    this.#enCours.add(examen)
    try {
      return lire(await examen)
    } finally {
      this.#enCours.delete(examen)
    }
  }

  /** Lets running examinations finish. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.#enCours)
    await this.#finir()
  }

  async #demander(demande: Demande): Promise<Reponse> {
    clearTimeout(this.#repos)
    const enfant = (this.#enfant ??= this.#lancer())
    const { promise, resolve, reject } = Promise.withResolvers<Reponse>()
    const tombe = () => reject(new Refusal('service-indisponible'))
    enfant.once('message', resolve).once('exit', tombe).once('error', tombe)
    enfant.send(demande, (error) => error && tombe())
    try {
      return await dansLeTemps(promise, this.#delais.examen, tropComplexe)
    } catch (error) {
      await this.#finir()
      throw error
    } finally {
      enfant.off('message', resolve).off('exit', tombe).off('error', tombe)
      this.#repos = setTimeout(() => void this.#finir(), this.#delais.repos).unref()
    }
  }

  #lancer(): ChildProcess {
    const enfant = fork(programme, [], {
      // Not the hub's environment: it holds passwords. libvips must not lay out large images in a shared folder.
      env: { VIPS_DISC_THRESHOLD: '2g', MALLOC_ARENA_MAX: '2' },
      execArgv: ['--max-old-space-size=512'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let plainte = ''
    enfant.stderr?.on('data', (texte) => (plainte = `${plainte}${texte}`.slice(-2000)))
    enfant.on('error', (error) => this.#log.error({ err: error }, 'file examination failed'))
    enfant.once('exit', (code, signal) => {
      if (this.#enfant !== enfant) return
      this.#enfant = null
      this.#log.error(
        { code: String(signal ?? code), err: new Error(plainte) },
        'file examination ended by itself',
      )
    })
    return enfant
  }

  async #finir(): Promise<void> {
    clearTimeout(this.#repos)
    const enfant = this.#enfant
    this.#enfant = null
    if (enfant?.pid === undefined || enfant.exitCode !== null || enfant.signalCode !== null) return
    await new Promise((resolve) => {
      enfant.once('exit', resolve)
      enfant.kill('SIGKILL')
    })
  }
}

function lire(reponse: Reponse): Constat {
  if ('constat' in reponse) return reponse.constat
  if ('refus' in reponse) throw new Refusal('fichier-refuse', reponse.refus)
  throw Object.assign(new Error(reponse.erreur.message), { code: reponse.erreur.code })
}

async function dansLeTemps<T>(travail: Promise<T>, ms: number, retard: () => Error): Promise<T> {
  const fin = Promise.withResolvers<never>()
  const delai = setTimeout(() => fin.reject(retard()), ms)
  try {
    return await Promise.race([travail, fin.promise])
  } finally {
    clearTimeout(delai)
  }
}
