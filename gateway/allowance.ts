import { Refusal, type RefusalExtra } from '../contracts/errors.ts'

/** So many things open at the same time, for each account and in all: live streams, files under way. */
export class Allowance {
  readonly #perAccount: number
  readonly #total: number
  readonly #open = new Map<string, number>()
  #count = 0

  constructor(options: { perAccount: number; total: number }) {
    this.#perAccount = options.perAccount
    this.#total = options.total
  }

  get count(): number {
    return this.#count
  }

  /**
   * Opens one more; what is returned closes it, once.
   * @param tooMany what the account is told when it has its share; `extra` when it may come back
   * @throws Refusal `trop-de-requetes` when this account has its share, `service-indisponible` when all are taken
   */
  take(account: string, tooMany: string, extra: RefusalExtra = {}): () => void {
    const own = this.#open.get(account) ?? 0
    if (own >= this.#perAccount) throw new Refusal('trop-de-requetes', tooMany, extra)
    if (this.#count >= this.#total) throw new Refusal('service-indisponible')
    this.#open.set(account, own + 1)
    this.#count++
    let isOpen = true
    return () => {
      if (!isOpen) return
      isOpen = false
      this.#count--
      const left = this.#open.get(account)! - 1
      if (left > 0) this.#open.set(account, left)
      else this.#open.delete(account)
    }
  }
}
