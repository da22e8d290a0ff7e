/** Asks every daemon of a fleet and gathers what they answer. */
import type { Bus } from '#runtime/log/bus.ts'
import { type Answer, type Answered, type Ask, refused } from './asks.ts'
import { ASK_TIMEOUT_MS } from './control.ts'
import { askSubject, tellSubject } from './service.ts'

/** Beyond the daemon's own limit, for the way there and back. */
const WAY_MS = 2_000
/** Daemons that own nothing answer too; they are waited for this long after the first. */
const QUIET_MS = 150

export type Asked =
  | {
      readonly kind: 'answers'
      readonly answers: readonly Answer[]
      readonly unowned: readonly number[]
      readonly partitions: number
    }
  /** No daemon of the fleet hears. */
  | { readonly kind: 'nobody' }
  /** The server does not let these credentials ask this under that name. */
  | { readonly kind: 'forbidden' }

/** Resolves once daemons that own every partition have answered, or the one has that owns the one in question. */
export async function askFleet(bus: Bus, fleet: string, ask: Ask, by: string): Promise<Asked> {
  const answers: Answer[] = []
  const owned = new Set<number>()
  let all = 0
  const { kind, ...body } = ask
  const subject = ask.kind === 'tell' ? tellSubject(fleet, by, ask.from, ask.to) : askSubject(fleet, kind, by)
  const heard = await bus.ask(subject, new TextEncoder().encode(JSON.stringify(body)), {
    timeoutMs: ASK_TIMEOUT_MS + WAY_MS,
    quietMs: ONE_ANSWERS.has(kind) ? ASK_TIMEOUT_MS : QUIET_MS,
    enough(bytes) {
      const answered: Answered = JSON.parse(new TextDecoder().decode(bytes))
      const { answer, partitions, partitionsAll } = answered
      for (const partition of partitions) owned.add(partition)
      all = Math.max(all, partitionsAll)
      if (answer.kind !== 'elsewhere') answers.push(answer)
      if (ONE_ANSWERS.has(kind)) return answers.length > 0
      return false
    },
  })
  if (heard !== 'heard') return { kind: heard }
  const partitions = ONE_ANSWERS.has(kind) ? [] : Array.from({ length: all }, (_, i) => i)
  const unowned = partitions.filter((partition) => !owned.has(partition))
  if (answers.length === 0) answers.push(refused('busy', 'no daemon that owns it has answered'))
  return { kind: 'answers', answers, unowned, partitions: all }
}

/** The answer of one daemon is the whole answer. */
const ONE_ANSWERS: ReadonlySet<Ask['kind']> = new Set([
  'agent',
  'decide',
  'tell',
  'hear',
  'letter',
  'settle-dead',
  'resolve',
  'memory-search',
  'memory-show',
  'memory-stats',
  'memory-change',
])
