/** What must hold across steps: the written pattern with its words as one of the plan's forms, and its stretch. */
import { isReadFromStep } from '../check/limits.ts'
import type { Model } from '../check/model.ts'
import type {
  ConsistencyDecl,
  FormNode,
  Expr as Node,
  Path,
  Pattern,
  SameKey,
  StretchNode,
  Terms,
} from '../syntax/ast.ts'
import {
  durationMs,
  type LineOf,
  lowerAction,
  lowerKey,
  lowerPattern,
  pathOf,
  windowOf,
  withBound,
} from './lower-constraint.ts'
import { inUnitOf, lowerExpr } from './lower-expression.ts'
import type { Consistency, ConsistencyForm, JoinKey, StepKey, StepPattern, Stretch } from './plan.ts'

type FormOf<K extends FormNode['kind']> = Extract<FormNode, { kind: K }>

export function lowerConsistency(decl: ConsistencyDecl, model: Model, line: LineOf): Consistency | undefined {
  if (decl.name === undefined || decl.form === undefined) return undefined
  const { during } = decl
  const forEachOf = decl.forEach.flatMap((key) => stepKeys(key, model))
  const forEach = decl.forEach.filter((key) => stepKeys(key, model).length === 0)
  const body = {
    scope: decl.scope,
    forEach: forEach.map(pathOf),
    ...(forEachOf.length === 0 ? {} : { forEachOf }),
    form: lowerForm(decl.form, forEach, model),
    ...(during === undefined ? {} : { during: lowerStretch(during, forEach, model) }),
    otherwise:
      decl.otherwise === undefined ? ({ kind: 'deny' } as const) : lowerAction(decl.otherwise, model),
  }
  return withBound(decl.name.value, decl.notes, decl.span, body, line)
}

function stepKeys(key: Path, model: Model): StepKey[] {
  const ref = model.refs.get(key)
  return ref?.kind === 'step' ? [ref.name] : []
}

function lowerStretch(during: StretchNode, forEach: readonly Path[], model: Model): Stretch {
  const of = (pattern: Pattern): StepPattern => lowerPattern(pattern, model, forEach)
  switch (during.kind) {
    case 'after':
      return { kind: 'after', opens: of(during.opens) }
    case 'before':
      return { kind: 'before', closes: of(during.closes) }
    case 'while': {
      const names = [during.state.name]
      return {
        kind: 'while',
        opens: { any: [{ kinds: ['enters'], names }], shown: `enters ${during.state.name}` },
        closes: { any: [{ kinds: ['leaves'], names }], shown: `leaves ${during.state.name}` },
      }
    }
    default:
      return { kind: during.kind, opens: of(during.opens), closes: of(during.closes) }
  }
}

/** How the patterns of one form are lowered: all of them have the keys. */
interface Lowering {
  readonly model: Model
  readonly what: StepPattern
  readonly other: (pattern: Pattern, required?: readonly Path[]) => StepPattern
  readonly same: readonly JoinKey[]
}

function lowerForm(form: FormNode, forEach: readonly Path[], model: Model): ConsistencyForm {
  const same: readonly SameKey[] = 'same' in form ? form.same : []
  const lowering: Lowering = {
    model,
    what: lowerPattern(form.what, model, [
      ...forEach,
      ...same.map((key) => key.here),
      ...('of' in form ? [form.of] : []),
      ...fieldsOfLimit(form),
    ]),
    other: (pattern, required = []) =>
      lowerPattern(pattern, model, [...forEach, ...same.map((key) => key.there), ...required]),
    same: same.map(lowerKey),
  }
  switch (form.kind) {
    case 'needs':
      return lowerNeeds(form, lowering)
    case 'followedBy':
      return lowerFollowedBy(form, lowering)
    case 'succession':
      return lowerSuccession(form, lowering)
    case 'pair':
      return lowerPair(form, lowering)
    case 'neverAfter':
      return lowerNeverAfter(form, lowering)
    case 'atMost':
    case 'atLeast':
    case 'exactly': {
      const { what } = lowering
      const { times } = form
      const written = times?.kind === 'number' ? times.value : 0
      if (form.kind !== 'atMost') return { kind: form.kind, what, times: written }
      const most = isReadFromStep(times) ? lowerExpr(times, model) : written
      return { kind: 'atMost', what, times: most, ...windowOf(form) }
    }
    case 'total':
      return lowerTotal(form, lowering)
    case 'edge': {
      const { what } = lowering
      return { kind: 'edge', which: form.which, what, among: kindsOf(what) }
    }
    case 'agreement':
      return lowerAgreement(form, lowering)
    case 'steady':
      return { kind: 'steady', what: lowering.what, of: lowerExpr(form.of, model) }
  }
}

/** Of the fields a limit is read from every step that counts must have one. */
function fieldsOfLimit(form: FormNode): readonly Path[] {
  const limit = form.kind === 'total' ? form.limit : form.kind === 'atMost' ? form.times : undefined
  if (limit?.kind === 'path') return [limit]
  return limit?.kind === 'lookup' ? limit.keys.filter((key) => key.kind === 'path') : []
}

function within(of: Node | undefined): { withinMs?: number } {
  const withinMs = durationMs(of)
  return withinMs === undefined ? {} : { withinMs }
}

function gap({ within: most, apart }: Pick<Terms, 'within' | 'apart'>): {
  withinMs?: number
  afterMs?: number
} {
  const afterMs = durationMs(apart)
  return { ...within(most), ...(afterMs === undefined ? {} : { afterMs }) }
}

/** Joins as seen from what follows: the X made the promise, so that it is the step remembered. */
function turned(same: readonly JoinKey[]): JoinKey[] {
  return same.map(({ here, there }) => ({ there: here, here: there }))
}

function lowerNeeds(form: FormOf<'needs'>, { what, other, same }: Lowering): ConsistencyForm {
  const earlier = other(form.earlier)
  const { people, bySomeoneElse } = form
  if (form.then.length > 0) {
    const chain = [earlier, ...form.then.map((link) => other(link))]
    return { kind: 'needsChain', what, chain, ...within(form.within), same }
  }
  if (form.eachTime !== undefined) return { kind: 'needsEach', what, earlier, ...within(form.within), same }
  if (people === undefined)
    return { kind: 'needs', what, earlier, ...within(form.within), same, bySomeoneElse }
  return {
    kind: 'quorum',
    what,
    earlier,
    people: people.count,
    bySomeoneElse: people.others || bySomeoneElse,
    ...within(form.within),
    same,
  }
}

function lowerNeverAfter(form: FormOf<'neverAfter'>, { what, other, same }: Lowering): ConsistencyForm {
  const after = other(form.after)
  if (form.rest === undefined && form.times === undefined) return { kind: 'neverAfter', what, after, same }
  const forMs = durationMs(form.rest)
  const times = form.times?.kind === 'number' ? form.times.value : 1
  return {
    kind: 'rests',
    what,
    after,
    times,
    ...windowOf(form),
    ...(forMs === undefined ? {} : { forMs }),
    same,
  }
}

function lowerFollowedBy(form: FormOf<'followedBy'>, { what, other, same }: Lowering): ConsistencyForm {
  const withinMs = durationMs(form.within)
  const by = other(form.by)
  if (withinMs !== undefined && form.then.length === 0 && form.another === undefined)
    return { kind: 'followedBy', what, by, withinMs, same: turned(same) }
  const chain = [by, ...form.then.map((link) => other(link))]
  return {
    kind: 'leadsTo',
    what,
    chain,
    ...within(form.within),
    alone: form.another !== undefined,
    same: turned(same),
  }
}

function lowerSuccession(form: FormOf<'succession'>, { what, other, same }: Lowering): ConsistencyForm {
  const by = other(form.by)
  return form.directly
    ? { kind: 'adjacent', how: 'both', what, other: by, among: kindsOf(what, by), ...gap(form), same }
    : { kind: 'succession', what, by, ...within(form.within), alternate: false, same: turned(same) }
}

function lowerPair(form: FormOf<'pair'>, { what, other: lower, same }: Lowering): ConsistencyForm {
  const other = lower(form.other)
  const among = kindsOf(what, other)
  switch (form.how) {
    case 'alternate':
      return {
        kind: 'succession',
        what,
        by: other,
        ...within(form.within),
        alternate: true,
        same: turned(same),
      }
    case 'excludes':
      return { kind: 'neverAfter', what: other, after: what, same: turned(same) }
    case 'requires':
    case 'together':
    case 'either':
      return { kind: 'pair', how: form.how, what, other, same }
    case 'notBoth':
      return { kind: 'pair', how: 'apart', what, other, same }
    case 'onlyDirectlyAfter':
      return { kind: 'adjacent', how: 'after', what, other, among, ...gap(form), same }
    case 'directlyFollowedBy':
      return { kind: 'adjacent', how: 'next', what, other, among, ...gap(form), same }
    case 'neverDirectlyAfter':
      return { kind: 'adjacent', how: 'never', what, other, among, ...gap(form), same }
  }
}

/** Kinds among which steps are neighbours, first or last. */
function kindsOf(...patterns: readonly StepPattern[]) {
  return Array.from(new Set(patterns.flatMap(({ any }) => any.flatMap(({ kinds }) => kinds ?? []))))
}

function lowerTotal(form: FormOf<'total'>, { what, model }: Lowering): ConsistencyForm {
  const { fn, bound } = form
  const of = lowerExpr(form.of, model)
  const lowered = inUnitOf(of, lowerExpr(form.limit, model))
  const limit = lowered.op === 'literal' && typeof lowered.value === 'number' ? lowered.value : 0
  const atMost = isReadFromStep(form.limit) ? lowered : limit
  return fn === 'total' && bound === 'atMost'
    ? { kind: 'total', what, of, atMost, ...windowOf(form) }
    : { kind: 'aggregate', fn, bound, what, of, limit, ...windowOf(form) }
}

function lowerAgreement(form: FormOf<'agreement'>, { what, other, same, model }: Lowering): ConsistencyForm {
  const lowered = form.within === undefined ? undefined : lowerExpr(form.within, model)
  const kind = form.percent === true ? 'percent' : 'amount'
  return {
    kind: 'agrees',
    how: form.how,
    what,
    of: lowerExpr(form.of, model),
    latest: other(form.latest, [form.to]),
    to: lowerExpr(form.to, model),
    ...(lowered?.op === 'literal' && typeof lowered.value === 'number'
      ? { tolerance: { kind, value: lowered.value } }
      : {}),
    same,
  }
}
