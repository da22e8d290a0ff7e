/** The knobs of a run as they stand now, and how often each has struck: whatever goes wrong is asked for here. */
import type { Faults } from './faults.ts'
import type { Random } from './random.ts'

export type Knob = keyof Faults

/** What is called something when it goes wrong; outages have names of their own. */
const TOLD: Readonly<Partial<Record<Knob, string>>> = {
  requestLost: 'a request is lost',
  answerLost: 'an answer is lost',
  requestTwice: 'a request comes twice',
  requestLate: 'a request is late',
  diesMidway: 'a daemon dies between two effects',
  leaseWonTwice: 'a lease is won twice',
  leasesLost: 'the newest leases are lost',
  tailLost: 'the newest of the log is lost',
  toolFails: 'a tool fails',
  toolLies: 'a tool lies',
  modelRefuses: 'a model refuses',
  modelHallucinates: 'a model makes something up',
  modelContradicts: 'a model says the opposite',
  modelLoops: 'a model repeats itself',
  modelInjects: 'a model answers with an injection',
  detectorFails: 'a detector fails',
  memoryBehind: 'memory is behind',
  approvalsIgnored: 'nobody decides an ask',
}

export class Knobs {
  readonly #at: Map<Knob, number>
  readonly #count: (what: string) => void
  readonly #struck = new Map<Knob, number>()
  /** Nothing can go wrong: nothing need be drawn to see it. */
  #still: boolean

  /** `count` hears of what goes wrong, in words. */
  constructor(faults: Faults, count: (what: string) => void = () => {}) {
    this.#count = count
    this.#at = new Map(Object.entries(faults) as [Knob, number][])
    this.#still = Array.from(this.#at.values()).every((at) => at === 0)
  }

  at(knob: Knob): number {
    return this.#at.get(knob)!
  }

  /** Whether it goes wrong this time; for probabilities. */
  strikes(knob: Knob, random: Random): boolean {
    if (this.#still || !random.chance(this.at(knob))) return false
    this.struckBy(knob)
    const told = TOLD[knob]
    if (told !== undefined) this.#count(told)
    return true
  }

  /** How much of it this time: uniformly, up to what the knob says. */
  upTo(knob: Knob, random: Random): number {
    if (this.#still) return 0
    const much = random.next() * this.at(knob)
    if (much > 0) this.struckBy(knob)
    return much
  }

  struckBy(knob: Knob): void {
    this.#struck.set(knob, (this.#struck.get(knob) ?? 0) + 1)
  }

  /** How often each has struck; those that have not are left out. */
  get struck(): Readonly<Partial<Record<Knob, number>>> {
    return Object.fromEntries(this.#struck)
  }

  /** From here on nothing more goes wrong. */
  calm(): void {
    this.#still = true
    for (const knob of this.#at.keys()) this.#at.set(knob, 0)
  }
}
