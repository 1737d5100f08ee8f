import { Refusal } from '../../contracts/errors.ts'

/**
 * Milliseconds. An examination weighs on its account five times as long as it took; whom 5 minutes weigh upon (60 s of
 * examination at once, or a fifth of the time for ever) is asked to come back later.
 */
const regles = { poids: 5, dette: 300_000, attente: 15_000 }

interface Attente {
  readonly compte: string
  readonly entrer: () => void
}

/**
 * Whose turn it is: one at a time, and among those who wait first the account that has used least lately, then who came
 * first. So an account whose files take long waits for its own: another one waits for the file that is being examined,
 * and for those who used as little as itself.
 */
export class Tours {
  readonly #regles: typeof regles
  readonly #now: () => number
  readonly #attendent: Attente[] = []
  /** When an account will have used nothing, on the clock `now`; those who have not used anything are not kept. */
  readonly #quittes = new Map<string, number>()
  #pris = false

  constructor(autres: Partial<typeof regles> = {}, now: () => number = () => performance.now()) {
    this.#regles = { ...regles, ...autres }
    this.#now = now
  }

  /** @throws Refusal `trop-de-requetes` with the time to wait, when this account has used more than its share */
  admettre(compte: string): void {
    const attendre = Math.ceil((this.#dette(compte) - this.#regles.dette) / 1000)
    if (attendre <= 0) return
    throw new Refusal(
      'trop-de-requetes',
      'La vérification de vos derniers fichiers a pris beaucoup de temps. Réessayez un peu plus tard.',
      { attendre },
    )
  }

  /**
   * Does the work when it is this account's turn, and counts how long it took.
   * @throws Refusal `service-indisponible` when the turn does not come in time
   */
  async prendre<T>(compte: string, travail: () => Promise<T>): Promise<T> {
    if (this.#pris) await this.#attendre(compte)
    this.#pris = true
    const debut = this.#now()
    try {
      return await travail()
    } finally {
      this.compter(compte, this.#now() - debut)
      this.#passer()
    }
  }

  /** Charges an account with an examination of that many milliseconds. */
  compter(compte: string, duree: number): void {
    const now = this.#now()
    for (const [autre, quitte] of this.#quittes) if (quitte <= now) this.#quittes.delete(autre)
    this.#quittes.set(compte, now + this.#dette(compte) + duree * this.#regles.poids)
  }

  #dette(compte: string): number {
    return Math.max(0, (this.#quittes.get(compte) ?? 0) - this.#now())
  }

  #attendre(compte: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const renoncer = setTimeout(() => {
        this.#attendent.splice(this.#attendent.indexOf(attente), 1)
        reject(new Refusal('service-indisponible'))
      }, this.#regles.attente)
      const attente = {
        compte,
        entrer: () => {
          clearTimeout(renoncer)
          resolve()
        },
      }
      this.#attendent.push(attente)
    })
  }

  /** Hands the turn over without letting go of it, or somebody who comes now would be faster. */
  #passer(): void {
    const dettes = this.#attendent.map(({ compte }) => this.#dette(compte))
    const suivant = dettes.indexOf(Math.min(...dettes))
    if (suivant < 0) this.#pris = false
    else this.#attendent.splice(suivant, 1)[0]!.entrer()
  }
}
