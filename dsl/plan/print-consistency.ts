/** Consistencies of a plan as readable text. */
import { showDuration } from './bounds.ts'
import type { Consistency, ConsistencyForm, Limit, Stretch, Type, Window } from './plan.ts'
import { action, expr, flags, literal, notes, pattern } from './print-parts.ts'

export function consistencyLines(consistency: Consistency): string[] {
  const { scope, forEach, forEachOf = [], form, during, otherwise, bound } = consistency
  const each = [...forEachOf.map((key) => `its ${key}`), ...forEach.map((path) => path.join('.'))]
  const keys = each.length === 0 ? '' : ` for each ${each.join(', ')}`
  return [
    `consistency ${JSON.stringify(consistency.name)}${flags(consistency)}`,
    `  ${scope === 'fleet' ? 'across the fleet' : `per ${scope}`}${keys}`,
    ...(during === undefined ? [] : [`  ${stretchLine(during)}`]),
    `  ${formLine(form)}`,
    `  otherwise ${action(otherwise)}`,
    `  bound: ${bound}`,
    ...notes(consistency),
  ]
}

function stretchLine(during: Stretch): string {
  switch (during.kind) {
    case 'after':
      return `after ${pattern(during.opens)}`
    case 'before':
      return `before ${pattern(during.closes)}`
    case 'between':
      return `between ${pattern(during.opens)} and ${pattern(during.closes)}`
    case 'until':
      return `after ${pattern(during.opens)} until ${pattern(during.closes)}`
    case 'while':
      return `while, from ${pattern(during.opens)} to ${pattern(during.closes)}`
  }
}

const within = (ms: number | undefined): string => (ms === undefined ? '' : ` within ${showDuration(ms)}`)

function windowText({ inMs, per }: Window): string {
  if (per !== undefined) return ` per calendar ${per.unit} in ${JSON.stringify(per.zone)}`
  return inMs === undefined ? '' : ` in any ${showDuration(inMs)}`
}

function limit(of: Limit, type: Type): string {
  return typeof of === 'number' ? literal(of, type) : expr(of)
}

function formLine(form: ConsistencyForm): string {
  const same =
    'same' in form && form.same.length > 0
      ? ` with the same ${form.same.map((key) => `${key.here.join('.')} as there ${key.there.join('.')}`).join(', ')}`
      : ''
  const what = pattern(form.what)
  switch (form.kind) {
    case 'needs':
      return `${what} needs an earlier ${pattern(form.earlier)}${within(form.withinMs)}${same}${form.bySomeoneElse ? ' by someone else' : ''}`
    case 'atMost':
      return `${what} at most ${limit(form.times, { kind: 'number' })} times${windowText(form)}`
    case 'neverAfter':
      return `${what} never after ${pattern(form.after)}${same}`
    case 'rests': {
      const often = form.times === 1 ? '' : ` ${form.times} times${windowText(form)}`
      return `${what} never${within(form.forMs)} after ${pattern(form.after)}${often}${same}`
    }
    case 'followedBy':
      return `${what} is followed by ${pattern(form.by)}${within(form.withinMs)}${same}`
    case 'total':
      return `total ${expr(form.of)} of ${what} at most ${limit(form.atMost, form.of.type)}${windowText(form)}`
    case 'atLeast':
      return `${what} at least ${form.times} times`
    case 'exactly':
      return `${what} exactly ${form.times} times`
    case 'needsChain':
      return `${what} needs an earlier ${form.chain.map(pattern).join(', then ')}${within(form.withinMs)}${same}`
    case 'needsEach':
      return `${what} needs an earlier ${pattern(form.earlier)} each time${within(form.withinMs)}${same}`
    case 'quorum':
      return `${what} needs an earlier ${pattern(form.earlier)} by ${form.people} ${form.bySomeoneElse ? 'others' : 'different people'}${within(form.withinMs)}${same}`
    case 'leadsTo':
      return `${what} is followed by ${form.chain.map(pattern).join(', then ')}${form.alone ? ' before another' : ''}${within(form.withinMs) || ' before the end'}${same}`
    case 'succession':
      return form.alternate
        ? `${what} and ${pattern(form.by)} alternate${within(form.withinMs)}${same}`
        : `every ${what} has its ${pattern(form.by)}${within(form.withinMs)}${same}, and none without`
    case 'adjacent': {
      const words = {
        after: 'only directly after',
        next: 'is directly followed by',
        both: 'and only directly after it',
        never: 'never directly after',
      }
      return `${what} ${words[form.how]} ${pattern(form.other)}${form.afterMs === undefined ? '' : ` at least ${showDuration(form.afterMs)} later`}${within(form.withinMs)}${same}, among ${form.among.join(', ')}`
    }
    case 'pair': {
      const words = {
        requires: 'requires',
        together: 'only together with',
        apart: 'not together with',
        either: 'or else',
      }
      return `${what} ${words[form.how]} ${pattern(form.other)}${same}`
    }
    case 'edge':
      return `${form.which} step is ${what}, among ${form.among.join(', ')}`
    case 'aggregate': {
      const limit = form.fn === 'distinct' ? String(form.limit) : literal(form.limit, form.of.type)
      return `${form.fn} ${expr(form.of)} of ${what} ${form.bound === 'atMost' ? 'at most' : 'at least'} ${limit}${windowText(form)}`
    }
    case 'agrees': {
      const words = {
        agrees: 'agrees with',
        equals: 'equals',
        notBelow: 'never falls below',
        notAbove: 'never rises above',
      }
      const { tolerance } = form
      const room =
        tolerance === undefined
          ? ''
          : ` within ${tolerance.kind === 'percent' ? `${tolerance.value} %` : literal(tolerance.value, form.of.type)}`
      return `${expr(form.of)} in ${what} ${words[form.how]} ${expr(form.to)} in the latest ${pattern(form.latest)}${room}${same}`
    }
    case 'steady':
      return `${expr(form.of)} of ${what} stays the same`
  }
}
