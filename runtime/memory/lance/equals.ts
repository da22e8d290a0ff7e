/**
 * How many rows a search by words fetches beyond those wanted, to see whether the cut runs through equally good ones: no more
 * than searches of late had use for. Too few only cost a second search; what is found is the same.
 */

/** More are never fetched ahead: where so many are equal, each search asks twice. */
const EXTRA_MAX = 16
/** What each search takes off it, once fewer are needed. */
const FORGOTTEN = 1 / 8

export class Equals {
  #extra = EXTRA_MAX

  /** At least one: the first row that is worse shows that no equal one is left out. */
  get extra(): number {
    return Math.ceil(this.#extra)
  }

  /** So many rows beyond those wanted were as good as the last one of them. */
  saw(equal: number): void {
    const needed = equal < EXTRA_MAX ? equal + 1 : 1
    this.#extra = Math.max(needed, this.#extra - FORGOTTEN)
  }
}
