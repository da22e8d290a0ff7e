/** What calls and models may cost, where a policy counts it: on each side of what it is compared with. */
import { MICRO, type Plan, type StepPattern } from '#dsl/plan/plan.ts'
import { patternsIn } from '#dsl/prove/constants.ts'

/** `amount` in the policy's currency. */
export type Spent = Readonly<Record<'amount' | 'tokens', number>>

/** Costs that are tried of each call. */
const SPENT_MAX = 8
/** Breaks no limit by itself. */
const LITTLE: Spent = { amount: 0.01, tokens: 1 }

export function spentIn({ consistencies, rules }: Plan): readonly Spent[] {
  const counting = [
    ...consistencies.flatMap(({ form, during }) =>
      patternsIn([form, during]).some(isOfSpends) ? [form] : [],
    ),
    ...rules.flatMap(({ when, bindings, locals }) =>
      [when, ...bindings.map(({ of }) => of)].some(isOfSpends) ? [when.where, locals] : [],
    ),
  ]
  if (counting.length === 0) return []
  const found = counting
    .flatMap(amountsIn)
    .flatMap(({ isMoney, value }): Spent[] =>
      isMoney
        ? [value / MICRO, (value + MICRO / 100) / MICRO].map((amount) => ({ ...LITTLE, amount }))
        : [value, value + 1].map((tokens) => ({ ...LITTLE, tokens })),
    )
  return [...new Map([LITTLE, ...found].map((one) => [JSON.stringify(one), one])).values()].slice(
    0,
    SPENT_MAX,
  )
}

export function isOfSpends({ any }: StepPattern): boolean {
  return any.some(({ kinds }) => kinds?.includes('spends') ?? true)
}

interface Amount {
  readonly isMoney: boolean
  /** In the judge's units. */
  readonly value: number
}

/** Numbers that are written out in a form or a condition, and limits that were worked out. */
function amountsIn(form: unknown): Amount[] {
  if (typeof form !== 'object' || form === null) return []
  if ('op' in form && form.op === 'literal' && 'value' in form && 'type' in form)
    return amount(form.value, form.type)
  const limit =
    'atMost' in form && 'of' in form && typeof form.of === 'object' && form.of !== null && 'type' in form.of
      ? amount(form.atMost, form.of.type)
      : []
  return [...limit, ...Object.values(form).flatMap(amountsIn)]
}

function amount(value: unknown, type: unknown): Amount[] {
  if (typeof value !== 'number' || value <= 0) return []
  const kind = typeof type === 'object' && type !== null && 'kind' in type ? type.kind : undefined
  return kind === 'money' || kind === 'number' ? [{ isMoney: kind === 'money', value }] : []
}
