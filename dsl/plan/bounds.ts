/** How much state a constraint keeps, in words: every bound is known before anything runs. */
import {
  type Consistency,
  type ConsistencyForm,
  DISTINCT_KEPT,
  type JoinKey,
  type StepPattern,
  type Tally,
  TEXT_KEPT_MAX,
  type Window,
} from './plan.ts'

const UNITS = [
  [604_800_000, 'week'],
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
  [1, 'millisecond'],
] as const

export function showDuration(ms: number): string {
  for (const [size, unit] of UNITS) {
    if (ms >= size && ms % size === 0) return `${ms / size} ${unit}${ms === size ? '' : 's'}`
  }
  return `${ms} milliseconds`
}

function each(paths: readonly (readonly string[])[]): string {
  return paths.length === 0 ? '' : ` for each ${paths.map((path) => path.join('.')).join(' and ')}`
}

export function bindingBound(of: StepPattern, same: readonly JoinKey[], texts?: number): string {
  const kept =
    texts === undefined
      ? 'the latest'
      : `the texts (of ${TEXT_KEPT_MAX} characters each) of the last ${texts}`
  return `${kept} ${of.shown}${each(same.map((key) => key.there))}, until the conversation ends`
}

/** Moments and amounts of a window are kept apart up to so many; then close ones are taken together. */
const SLOTS = 256

export function tallyBound(tally: Tally, of: StepPattern, same: readonly JoinKey[]): string {
  const { fn, inMs, most, after, per } = tally
  const spread = inMs !== undefined && fn !== 'since'
  const kept =
    fn === 'latest'
      ? `the latest ${most ?? 1} ${of.shown}`
      : fn === 'distinct'
        ? `up to ${DISTINCT_KEPT} different values of ${of.shown}`
        : fn === 'since'
          ? `one moment of ${of.shown}`
          : spread
            ? `${fn === 'count' ? 'moments' : 'amounts'} of ${of.shown} in up to ${SLOTS} slots`
            : `${fn === 'count' ? 'one counter' : fn === 'average' ? 'a sum and a count' : 'one value'} of ${of.shown}`
  const until =
    inMs !== undefined
      ? `gone after ${showDuration(inMs)}`
      : per !== undefined
        ? `anew every ${per.unit}`
        : after !== undefined
          ? `anew after ${after.shown}`
          : 'until the conversation ends'
  return `${kept}${each(same.map((key) => key.there))}, ${until}`
}

const WHERE = {
  conversation: 'of the conversation',
  agent: 'of each agent',
  turn: 'of the turn',
  fleet: 'of the fleet',
} as const

export function consistencyBound(
  of: Pick<Consistency, 'scope' | 'forEach' | 'forEachOf' | 'form' | 'during'>,
): string {
  const { form, forEachOf = [] } = of
  const keys = [
    ...forEachOf.map((key) => [key]),
    ...of.forEach,
    ...('same' in form ? form.same.map((key) => key.there) : []),
  ]
  const per = `${each(keys)} ${WHERE[of.scope]}`
  const state = stateBound(form, per, of.scope === 'fleet' ? 'kept forever' : 'kept until it ends')
  if (of.scope === 'fleet')
    return `in a ledger ${state}${endures(form) ? ', kept forever' : ''}; and one hold for each step whose outcome is open`
  if (of.during === undefined) return state
  const stretch = `one mark of the stretch${of.during.kind === 'while' ? '' : each(of.forEach)} ${WHERE[of.scope]}`
  return state === NOTHING ? stretch : `${state}; and ${stretch}`
}

/** Until when a moment matters; undefined: for good. */
function restKeptMs({ times, inMs, forMs }: ConsistencyForm & { kind: 'rests' }): number | undefined {
  if (forMs === undefined || (times > 1 && inMs === undefined)) return undefined
  return Math.max(forMs, inMs ?? 0)
}

/** Does a count never leave? Of what must have come earlier the state says so itself. */
function endures(form: ConsistencyForm): boolean {
  if (form.kind === 'neverAfter') return true
  const counts = form.kind === 'atMost' || form.kind === 'total' || form.kind === 'aggregate'
  return counts && form.inMs === undefined && form.per === undefined
}

const NOTHING = 'nothing'

function stateBound(form: ConsistencyForm, per: string, kept: string): string {
  const until = (ms: number | undefined): string =>
    ms === undefined ? kept : `gone after ${showDuration(ms)}`
  const period = (of: Window): string => (of.per === undefined ? '' : `, anew every ${of.per.unit}`)
  switch (form.kind) {
    case 'needs':
      return form.bySomeoneElse
        ? `two times and actors of ${form.earlier.shown}${per}, ${until(form.withinMs)}`
        : `one time of ${form.earlier.shown}${per}, ${until(form.withinMs)}`
    case 'atMost':
      if (form.times === 0) return NOTHING
      return form.inMs === undefined
        ? `one counter${per}${period(form)}`
        : `${typeof form.times === 'number' ? `${form.times} times` : 'times in bounded slots'}${per}, gone after ${showDuration(form.inMs)}`
    case 'neverAfter':
      return `one mark${per}`
    case 'rests': {
      const last = form.times === 1 ? 'one moment' : `${form.times} moments`
      return `${last} of ${form.after.shown}${per}, ${until(restKeptMs(form))}`
    }
    case 'followedBy':
      return `one deadline for each open ${form.what.shown}${per}, gone after ${showDuration(form.withinMs)}`
    case 'total':
      return form.inMs === undefined
        ? `one sum${per}${period(form)}`
        : `amounts in bounded slots${per}, gone after ${showDuration(form.inMs)}`
    case 'atLeast':
    case 'exactly':
      return `one counter${per}`
    case 'needsChain':
      return `${form.chain.length} times${per}, ${until(form.withinMs)}`
    case 'needsEach':
      return `one time of ${form.earlier.shown}${per}, ${until(form.withinMs)}`
    case 'quorum': {
      const kept = form.people + (form.bySomeoneElse ? 1 : 0)
      return `${kept} times and actors of ${form.earlier.shown}${per}, ${until(form.withinMs)}`
    }
    case 'leadsTo':
      return `${form.chain.length === 1 ? 'one deadline' : `${form.chain.length} deadlines`} for each open ${form.what.shown}${per}`
    case 'succession':
      return `one deadline and one mark${per}`
    case 'adjacent':
      return `the step before${per}`
    case 'pair':
      return `two marks${per}`
    case 'edge':
      return `one mark${per}`
    case 'aggregate':
      if (form.fn === (form.bound === 'atMost' ? 'highest' : 'lowest')) return NOTHING
      if (form.fn === 'distinct')
        return `${form.limit} different values${per}${period(form)}${form.inMs === undefined ? '' : `, gone after ${showDuration(form.inMs)}`}`
      if (form.inMs !== undefined)
        return `amounts in bounded slots${per}, gone after ${showDuration(form.inMs)}`
      return `${form.fn === 'average' ? 'a sum and a count' : 'one number'}${per}${period(form)}`
    case 'agrees':
      return `one value of the latest ${form.latest.shown}${per}`
    case 'steady':
      return `one value${per}`
  }
}
