/** Consistencies that count, wait or join otherwise than the one that is written. */
import type { Consistency, ConsistencyForm, StepPattern, Stretch, Type } from '../../plan/plan.ts'
import { otherActions } from './actions.ts'
import { type Change, each, eachLeftOut, inside } from './change.ts'
import { counted, shifted, stretched } from './numbers.ts'
import { otherJoins, otherPatterns, type World } from './patterns.ts'

export function otherConsistencies(one: Consistency, world: World): Change<Consistency>[] {
  const { form, forEach, during, otherwise } = one
  const keys = forEach.map((path, index) => ({
    to: forEach.toSpliced(index, 1),
    says: `not for each \`${path.join('.')}\``,
  }))
  const stepKeys = eachLeftOut(one.forEachOf ?? [], (key) => `not for each ${key}`)
  return [
    ...inside(otherForms(form, world), (to): Consistency => ({ ...one, form: to })),
    ...inside(keys, (to): Consistency => ({ ...one, forEach: to })),
    ...inside(stepKeys, (to): Consistency => ({ ...one, forEachOf: to })),
    ...(during === undefined
      ? []
      : [
          { to: always(one), says: 'all the time, not only in its stretch' },
          ...inside(otherStretches(during, world), (to): Consistency => ({ ...one, during: to })),
        ]),
    ...inside(otherActions(otherwise), (to): Consistency => ({ ...one, otherwise: to })),
  ]
}

/** A breach of it falls due after the step that a test looks at, so that no test can tell. */
export function isOnlyOwed({ form, during }: Consistency): boolean {
  if (during !== undefined) return false
  return form.kind === 'followedBy' || form.kind === 'atLeast' || (form.kind === 'leadsTo' && !form.alone)
}

function always(one: Consistency): Consistency {
  const { during: _, ...rest } = one
  return rest
}

function otherStretches(during: Stretch, world: World): Change<Stretch>[] {
  return [
    ...(during.kind === 'before'
      ? []
      : inside(otherPatterns(during.opens, world), (opens): Stretch => ({ ...during, opens }))),
    ...(during.kind === 'after'
      ? []
      : inside(otherPatterns(during.closes, world), (closes): Stretch => ({ ...during, closes }))),
  ]
}

type Kind<K extends ConsistencyForm['kind']> = Extract<ConsistencyForm, { readonly kind: K }>

function otherForms(form: ConsistencyForm, world: World): Change<ConsistencyForm>[] {
  return [
    ...inside(otherPatterns(form.what, world), (what): ConsistencyForm => ({ ...form, what })),
    ...('same' in form ? inside(otherJoins(form.same), (same): ConsistencyForm => ({ ...form, same })) : []),
    ...('times' in form && typeof form.times === 'number'
      ? inside(counted(form.times), (times): ConsistencyForm => ({ ...form, times }))
      : []),
    ...lengths(form),
    ...('earlier' in form
      ? inside(otherPatterns(form.earlier, world), (earlier): ConsistencyForm => ({ ...form, earlier }))
      : []),
    ...('chain' in form ? otherChains(form, world) : []),
    ...('bySomeoneElse' in form
      ? [
          {
            to: { ...form, bySomeoneElse: !form.bySomeoneElse },
            says: form.bySomeoneElse ? 'by anyone' : 'by someone else',
          },
        ]
      : []),
    ...own(form, world),
  ]
}

/** What only some forms have. */
function own(form: ConsistencyForm, world: World): Change<ConsistencyForm>[] {
  const patterns = (pattern: StepPattern, whole: (to: StepPattern) => ConsistencyForm) =>
    inside(otherPatterns(pattern, world), whole)
  switch (form.kind) {
    case 'neverAfter':
    case 'rests':
      return patterns(form.after, (after) => ({ ...form, after }))
    case 'followedBy':
    case 'succession':
      return patterns(form.by, (by) => ({ ...form, by }))
    case 'adjacent':
    case 'pair':
      return patterns(form.other, (other) => ({ ...form, other }))
    case 'agrees':
      return [
        ...patterns(form.latest, (latest) => ({ ...form, latest })),
        ...(form.tolerance === undefined ? [] : otherTolerances(form, form.tolerance)),
      ]
    case 'quorum':
      return inside(counted(form.people), (people) => ({ ...form, people }))
    case 'total':
      if (typeof form.atMost !== 'number') return []
      return inside(shifted(form.atMost, form.of.type), (atMost) => ({ ...form, atMost }))
    case 'aggregate':
      return inside(shifted(form.limit, limitType(form)), (limit) => ({ ...form, limit }))
    default:
      return []
  }
}

/** How many different ones there are is a number, whatever they are. */
function limitType({ fn, of }: Kind<'aggregate'>): Type {
  return fn === 'distinct' ? { kind: 'number' } : of.type
}

function otherTolerances(
  form: Kind<'agrees'>,
  tolerance: NonNullable<Kind<'agrees'>['tolerance']>,
): Change<ConsistencyForm>[] {
  const type: Type = tolerance.kind === 'percent' ? { kind: 'number' } : form.of.type
  return inside(
    shifted(tolerance.value, type).filter(({ to }) => to >= 0),
    (value): ConsistencyForm => ({ ...form, tolerance: { ...tolerance, value } }),
  )
}

function lengths(form: ConsistencyForm): Change<ConsistencyForm>[] {
  const others = (ms: number | undefined, whole: (to: number) => ConsistencyForm) =>
    ms === undefined ? [] : inside(stretched(ms), whole)
  return [
    ...('withinMs' in form ? others(form.withinMs, (withinMs) => ({ ...form, withinMs })) : []),
    ...('inMs' in form ? others(form.inMs, (inMs) => ({ ...form, inMs })) : []),
    ...('forMs' in form ? others(form.forMs, (forMs) => ({ ...form, forMs })) : []),
  ]
}

function otherChains(form: Kind<'needsChain' | 'leadsTo'>, world: World): Change<ConsistencyForm>[] {
  return inside(
    [
      ...eachLeftOut(form.chain, ({ shown }) => `without \`${shown}\``),
      ...each(form.chain, (pattern) => otherPatterns(pattern, world)),
    ],
    (chain): ConsistencyForm => ({ ...form, chain }),
  )
}
