/**
 * The ledgers across the fleet as one agent – or one conversation – alone fills them, and what others may have made of them. Others can use up what is limited,
 * do what is needed earlier, and fail at what then rests; they give nothing back that this agent has used.
 */
import { Cells } from '../judge/cells.ts'
import type { Finding } from '../judge/finding.ts'
import type { Claim, ReservationNeed, Reserved } from '../judge/grounds.ts'
import type { Judge } from '../judge/judge.ts'
import { hasHappened, stops } from '../judge/ledgers.ts'
import type { Json } from '../judge/step.ts'
import type { ConsistencyForm, Plan, Shape } from '../plan/plan.ts'

/** Cells with what is in them. */
export type Kept = readonly (readonly [string, Json])[]

export interface Answered {
  readonly claim: Claim
  readonly answer: Reserved
}

export class OwnLedgers {
  readonly #judge: Judge
  readonly #cells: Cells

  constructor(judge: Judge, kept: Kept) {
    this.#judge = judge
    this.#cells = new Cells(new Map(kept))
  }

  get kept(): Kept {
    return [...this.#cells.entries()]
  }

  /** Undefined: others cannot turn the answer around. */
  ask(
    { check, entry, step, is }: ReservationNeed,
    by: 'itself' | 'others',
    at: number,
  ): Answered | undefined {
    const claim: Claim = { check, entry, is, step: { ...step, at } }
    const { ledgers, plan } = this.#judge
    const mark = this.#cells.mark()
    const own = ledgers.reserve(this.#cells, claim)
    if (by === 'itself') return { claim, answer: own }
    const consistency = plan.consistencies.find(({ id }) => id === check)
    if (!consistency) return undefined
    const { form } = consistency
    if (own.finding === undefined) {
      // What was earlier stays so, whoever did it.
      if (form.kind === 'needs' && is[0] !== false) return undefined
      if (hasHappened(step) || !stops(consistency, USED_UP))
        return { claim, answer: { ...own, finding: USED_UP } }
      this.#cells.rollback(mark)
      return { claim, answer: { kind: 'refused', finding: USED_UP } }
    }
    if (!canBeLifted(form, plan)) return undefined
    if (own.kind === 'refused' && form.kind === 'total') ledgers.count(this.#cells, claim)
    return { claim, answer: { kind: 'granted', held: form.kind === 'total' || is[1] !== false } }
  }

  cameAbout(claims: readonly Claim[]): void {
    for (const claim of claims) this.#judge.ledgers.settle(this.#cells, claim)
  }

  didNot(claims: readonly Claim[]): void {
    for (const claim of claims) this.#judge.ledgers.release(this.#cells, claim)
  }
}

const USED_UP: Finding = {
  outcome: 'fired',
  found: 'others of the fleet have come first',
  values: {},
  next: [],
}

/** May others let through what this agent alone would be refused? */
function canBeLifted(form: ConsistencyForm, plan: Plan): boolean {
  if (form.kind === 'atMost' || form.kind === 'neverAfter' || form.kind === 'aggregate') return false
  return form.kind !== 'total' || mayFall(form, plan)
}

/** Whether something of less than nothing may be added to it. */
function mayFall({ what, of }: ConsistencyForm & { readonly kind: 'total' }, plan: Plan): boolean {
  if (of.op !== 'field') return true
  const [name, ...deeper] = of.path
  return what.any.some(
    ({ kinds = ['calls'], names }) =>
      deeper.length > 0 ||
      kinds.some((kind) => kind !== 'calls') ||
      plan.tools.some(
        (tool) => (names?.includes(tool.name) ?? true) && !isPositive(fieldIn(tool.takes, name!)),
      ),
  )
}

function fieldIn(shape: Shape, name: string): Shape | undefined {
  return shape.kind === 'record' ? shape.fields.find((field) => field.name === name)?.shape : undefined
}

function isPositive(shape: Shape | undefined): boolean {
  if (shape?.kind !== 'money' && shape?.kind !== 'number') return false
  const { min, over } = shape.range
  return (min ?? over ?? -1) >= 0
}
