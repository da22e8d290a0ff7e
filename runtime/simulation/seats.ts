/** Who serves what, looked at from outside now and then: a daemon may believe what is not so, and nothing else would tell. */
import type { Seat } from './daemons.ts'

/** Daemons are looked at so often. */
export const LOOK_MS = 1_000
/** An owner with nothing to write looks for itself within 40 s, and may have to ask more than once. */
const BEHIND_MAX_MS = 60_000

export class Seats {
  /** For how many looks in a row an owner has not known what the log says, by its name. */
  #behind = new Map<string, number>()

  /**
   * What is strange, once in LOOK_MS, while nothing is under way within a daemon. `knows`: it stands where the log does;
   * `reaches`: nothing stands between it and the log.
   */
  look(seats: readonly Seat[], knows: (seat: Seat) => boolean, reaches: (seat: Seat) => boolean): string[] {
    const before = this.#behind
    this.#behind = new Map()
    return seats.flatMap((seat) => {
      const name = `partition ${seat.partition} of ${seat.process.name}`
      if (!seat.held) return [`${name} has no owner`]
      if (knows(seat) || !reaches(seat)) return []
      const looks = (before.get(name) ?? 0) + 1
      this.#behind.set(name, looks)
      return looks * LOOK_MS > BEHIND_MAX_MS ? [`${name} does not know what the log says`] : []
    })
  }
}
