/**
 * Has detectors look at what the policy needs looked at. Their answers come back as one input for each gathering.
 *
 * Invariants:
 * 1. A gathering is started only after the record that holds it is committed. After a crash what costs nothing is started again:
 *    detectors only look. What costs money is told as cut off, for whoever looked may have spent it.
 * 2. Whatever a detector does (throw, hang, return nonsense) ends as evidence, found or failed, by its deadline.
 */
import type { Evidence, EvidenceNeed } from '#dsl/judge/grounds.ts'
import { NotJson, toJson } from '#runtime/kernel/json.ts'
import { errorText } from '#runtime/kernel/refusal.ts'
import { addressOf } from './address.ts'
import type { Clock } from './clock.ts'
import type { CallContext, Looked, Spent, World } from './definition.ts'
import { declaredCost, NOTHING_SPENT, plusSpent, spentOrNone, underway } from './look-costs.ts'
import type { Gathering, Input } from './record.ts'
import { exceeds } from './size.ts'

/** One answer, as JSON. */
export const EVIDENCE_CHARS_MAX = 4_000

export interface GathererDeps {
  readonly world: World
  readonly clock: Clock
  readonly settle: (agent: string, input: Input) => void
}

export class Gatherer {
  readonly #deps: GathererDeps
  readonly #running = new Map<string, AbortController>()

  constructor(deps: GathererDeps) {
    this.#deps = deps
  }

  get busy(): number {
    return this.#running.size
  }

  /** Gatherings that wait for ledgers are none of ours. */
  start(agent: string, gathering: Gathering): void {
    const needs = gathering.needs.filter((need) => need.kind === 'evidence')
    if (needs.length === 0) return
    const controller = new AbortController()
    this.#running.set(gathering.id, controller)
    const { signal } = controller
    const context = {
      conversation: addressOf(agent).conversation,
      agent,
      key: gathering.id,
      at: this.#deps.clock.now(),
      signal,
    }
    const { refused } = gathering
    const looks = needs.map((need) =>
      refused === undefined ? this.#look(need, context) : { kind: 'failed' as const, why: refused },
    )
    void Promise.all(looks).then((found) => {
      this.#running.delete(gathering.id)
      if (signal.aborted) return
      const evidence = Object.fromEntries(needs.map((need, at) => [need.key, sound(found[at])]))
      const costs = refused === undefined ? needs.map((need, at) => costOf(need, found[at])) : []
      const spent = spentOrNone(costs.reduce(plusSpent, NOTHING_SPENT))
      this.#deps.settle(agent, { kind: 'found', pending: gathering.id, evidence, ...(spent && { spent }) })
    })
  }

  /** A former owner had started it. */
  startAgain(agent: string, gathering: Gathering): void {
    const spent = underway(gathering)
    if (spent === undefined) return this.start(agent, gathering)
    this.#deps.settle(agent, { kind: 'found', pending: gathering.id, evidence: {}, spent, cutOff: true })
  }

  /** Nobody waits for it any more. */
  abort(pending: string): void {
    this.#running.get(pending)?.abort()
  }

  close(): void {
    for (const controller of this.#running.values()) controller.abort()
  }

  async #look(need: EvidenceNeed, context: CallContext): Promise<Looked> {
    const { detectors } = this.#deps.world
    const detector =
      detectors && Object.hasOwn(detectors, need.detector) ? detectors[need.detector] : undefined
    if (!detector)
      return {
        kind: 'failed',
        why: `the fleet has no detector \`${need.detector}\``,
        spent: NOTHING_SPENT,
      }
    let cancel = () => {}
    const look = new AbortController()
    const late = new Promise<Looked>((resolve) => {
      cancel = this.#deps.clock.after(need.withinMs, () => {
        resolve({ kind: 'failed', why: `no answer within ${need.withinMs} ms` })
        // What nobody waits for shall not be paid for.
        look.abort()
      })
      context.signal.addEventListener('abort', () => resolve({ kind: 'failed', why: 'cancelled' }), {
        once: true,
      })
    })
    const looked = Promise.resolve()
      .then(() =>
        detector(need.input, { ...context, signal: AbortSignal.any([context.signal, look.signal]) }),
      )
      .catch((cause: unknown): Looked => ({ kind: 'failed', why: textOf(cause) }))
    const found = await Promise.race([looked, late])
    cancel()
    return found
  }
}

/** What nobody says, or says in no number, is what was declared. */
function costOf(need: EvidenceNeed, found: Partial<Looked> | null | undefined): Spent {
  const { amount, tokens } = found?.spent ?? {}
  return isAmount(amount) && isAmount(tokens) ? { amount, tokens } : declaredCost([need])
}

function isAmount(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value >= 0
}

/** A record keeps JSON and nothing else. */
function sound(evidence: Partial<Evidence> | null | undefined): Evidence {
  if (evidence?.kind === 'failed') return { kind: 'failed', why: textOf(evidence.why ?? 'no reason given') }
  const value = evidence?.kind === 'found' ? toJson(evidence.value) : undefined
  if (value === undefined || value instanceof NotJson)
    return { kind: 'failed', why: 'the detector returned no evidence' }
  if (exceeds(value, EVIDENCE_CHARS_MAX))
    return { kind: 'failed', why: `its answer takes over ${EVIDENCE_CHARS_MAX} characters` }
  return { kind: 'found', value }
}

function textOf(cause: unknown): string {
  return errorText(cause).slice(0, EVIDENCE_CHARS_MAX)
}
