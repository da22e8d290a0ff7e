/** Draws whether something goes wrong, by the probability its knob gives, and tells of it when it does. */
import type { Faults } from './faults.ts'
import type { Random } from './random.ts'

/** Knobs that are the share of occasions at which something happens, with what it is called. */
const TOLD = {
  requestLost: 'a request is lost',
  answerLost: 'an answer is lost',
  requestTwice: 'a request comes twice',
  requestLate: 'a request is late',
  leaseWonTwice: 'a lease is won twice',
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
} satisfies Partial<Record<keyof Faults, string>>

export type Strikes = (knob: keyof typeof TOLD, random: Random) => boolean

export function strikesOf(knobs: Faults, count: (what: string) => void = () => {}): Strikes {
  return (knob, random) => {
    const does = random.chance(knobs[knob])
    if (does) count(TOLD[knob])
    return does
  }
}
