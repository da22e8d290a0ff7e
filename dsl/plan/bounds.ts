/** How much state a constraint keeps, in words: every bound is known before anything runs. */
import type { Consistency, JoinKey, StepPattern } from './plan.ts'

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

export function bindingBound(of: StepPattern, same: readonly JoinKey[]): string {
  return `the latest ${of.shown}${each(same.map((key) => key.there))}, until the conversation ends`
}

const WHERE = { conversation: 'of the conversation', agent: 'of each agent', turn: 'of the turn' } as const

export function consistencyBound(of: Pick<Consistency, 'scope' | 'forEach' | 'form'>): string {
  const { form } = of
  const keys = [...of.forEach, ...('same' in form ? form.same.map((key) => key.there) : [])]
  const per = `${each(keys)} ${WHERE[of.scope]}`
  switch (form.kind) {
    case 'needs': {
      const until =
        form.withinMs === undefined ? 'kept until it ends' : `gone after ${showDuration(form.withinMs)}`
      return form.bySomeoneElse
        ? `two times and actors of ${form.earlier.shown}${per}, ${until}`
        : `one time of ${form.earlier.shown}${per}, ${until}`
    }
    case 'atMost':
      if (form.times === 0) return 'nothing'
      return form.inMs === undefined
        ? `one counter${per}`
        : `${form.times} times${per}, gone after ${showDuration(form.inMs)}`
    case 'neverAfter':
      return `one mark${per}`
    case 'followedBy':
      return `one deadline for each open ${form.what.shown}${per}, gone after ${showDuration(form.withinMs)}`
    case 'total':
      return form.inMs === undefined
        ? `one sum${per}`
        : `amounts in bounded slots${per}, gone after ${showDuration(form.inMs)}`
  }
}
