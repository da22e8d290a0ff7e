/**
 * How the world answers what a fleet asks of it, by whose it is, what it is and how often it was asked: so what one conversation does moves
 * nothing in another, and a story that is made shorter goes on failing as it did.
 */
import type { Json } from '#dsl/judge/step.ts'
import type { Random } from './random.ts'

export class Luck {
  readonly #random: Random
  readonly #times = new Map<string, number>()

  constructor(random: Random) {
    this.#random = random
  }

  /** A stream for this time that `conversation` asks `whom` this. */
  next(conversation: string, whom: string, what: Json): Random {
    const asked = `${conversation} ${whom} ${JSON.stringify(what)}`
    const times = (this.#times.get(asked) ?? 0) + 1
    this.#times.set(asked, times)
    return lazily(() => this.#random.fork(`${times} ${asked}`))
  }
}

/** Where nothing can go wrong nothing is drawn. */
function lazily(make: () => Random): Random {
  let made: Random | undefined
  const random = () => (made ??= make())
  return {
    next: () => random().next(),
    int: (below) => random().int(below),
    chance: (probability) => random().chance(probability),
    pick: (list) => random().pick(list),
    fork: (name) => random().fork(name),
  }
}
