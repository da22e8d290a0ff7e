/**
 * What the patterns mean over a whole finite trace, said once more: with quantifiers over positions, without state, one
 * slice and stretch at a time. The monitors are compared with it. Steps are of the form the tests make: a pattern is one name.
 */
import type { Consistency, ConsistencyForm, StepPattern } from '../../plan/plan.ts'
import { NOWHERE, type Step } from '../step.ts'

/** One step of a slice: which of the form's patterns it is there, X first. */
export interface Place {
  readonly step: Step
  readonly is: readonly boolean[]
}
type Word = readonly Place[]

export function patternsOf(form: ConsistencyForm): readonly StepPattern[] {
  if ('chain' in form) return [form.what, ...form.chain]
  if ('earlier' in form) return [form.what, form.earlier]
  if ('by' in form) return [form.what, form.by]
  if ('other' in form) return [form.what, form.other]
  if ('after' in form) return [form.what, form.after]
  if ('latest' in form) return [form.what, form.latest]
  return [form.what]
}

/** Positions j1 < j2 < … strictly between `from` and `to` that are the chain's links, the last at most at `to`. */
function chainAfter(
  word: Word,
  links: readonly number[],
  from: number,
  to: number,
  inTime: (at: number) => boolean,
): boolean {
  let at = from
  for (const link of links) {
    at = word.findIndex((place, j) => j > at && j <= to && place.is[link] === true && inTime(place.step.at))
    if (at < 0) return false
  }
  return true
}

const value = (place: Place): number => Number(place.step.fields.n)
const joined = (place: Place, side: readonly (readonly string[])[]) =>
  JSON.stringify(side.map(([name = '']) => place.step.fields[name]))

/** Does the word's last step break the form, when all before it were let through? */
export function breaks(form: ConsistencyForm, word: Word): boolean {
  const n = word.length - 1
  const last = word[n]
  if (last === undefined) return false
  const [isX = false, isY = false] = last.is
  const before = word.slice(0, n)
  const count = (k: number) => before.filter(({ is }) => is[k] === true).length
  const recent = (ms: number | undefined) => (place: Place) =>
    ms === undefined || last.step.at - place.step.at <= ms
  switch (form.kind) {
    case 'atMost':
    case 'exactly':
      return isX && typeof form.times === 'number' && count(0) >= form.times
    case 'neverAfter':
      return isX && count(1) > 0
    case 'rests':
      // Some Y, not too long ago, was the last of so many.
      return (
        isX &&
        before.some(
          (place, i) =>
            place.is[1] === true &&
            recent(form.forMs)(place) &&
            before.filter(
              (one, j) =>
                j <= i &&
                one.is[1] === true &&
                (form.inMs === undefined || place.step.at - one.step.at < form.inMs),
            ).length >= form.times,
        )
      )
    case 'needs':
      return (
        isX &&
        !before.some(
          (place) =>
            place.is[1] === true &&
            recent(form.withinMs)(place) &&
            (!form.bySomeoneElse || place.step.actor !== last.step.actor),
        )
      )
    case 'needsChain': {
      const links = form.chain.map((_, i) => i + 2)
      return (
        isX &&
        !before.some(
          (place, i) =>
            place.is[1] === true &&
            recent(form.withinMs)(place) &&
            chainAfter(before, links.slice(0, -1), i, n - 1, () => true),
        )
      )
    }
    case 'needsEach': {
      const previous = before.findLastIndex(({ is }) => is[0] === true)
      return (
        isX &&
        !before.some((place, i) => i >= previous && place.is[1] === true && recent(form.withinMs)(place))
      )
    }
    case 'quorum': {
      const people = before
        .filter((place) => place.is[1] === true && recent(form.withinMs)(place))
        .map(({ step }) => step.actor)
      const others = new Set(people.filter((actor) => !form.bySomeoneElse || actor !== last.step.actor))
      return isX && others.size < form.people
    }
    case 'leadsTo':
      return form.alone && isX && before.some((_, i) => isUnserved(form, word, i))
    case 'succession':
      if (!form.alternate) return isY && count(0) === 0
      return (
        (isY && !before.some((_, i) => isUnserved(form, before, i))) ||
        (isX && before.some((_, i) => isUnserved(form, word, i)))
      )
    case 'adjacent': {
      const previous = before.at(-1)
      const there = form.same.map((key) => key.there)
      const here = form.same.map((key) => key.here)
      const gap = last.step.at - (previous?.step.at ?? 0)
      const inTime = gap >= (form.afterMs ?? 0) && (form.withinMs === undefined || gap <= form.withinMs)
      const matches =
        previous !== undefined &&
        inTime &&
        (form.how === 'next' || form.how === 'both'
          ? previous.is[0] === true && isY && joined(previous, here) === joined(last, there)
          : previous.is[1] === true && isX && joined(previous, there) === joined(last, here))
      if (form.how === 'never') return matches
      if (form.how === 'after') return isX && !matches
      const owed = previous?.is[0] === true && !matches
      return owed || (form.how === 'both' && isY && !matches)
    }
    case 'pair': {
      if (form.how !== 'apart' && form.how !== 'either') return false
      const [x, y] = [word.some(({ is }) => is[0]), word.some(({ is }) => is[1])]
      return (isX || isY) && x && y
    }
    case 'edge':
      return form.which === 'first' && n === 0 && !isX
    case 'aggregate':
      return isX && aggregateBreaks(form, word)
    case 'agrees': {
      const latest = before.findLast(({ is }) => is[1] === true)
      return isX && latest !== undefined && !agrees(form, value(last), value(latest))
    }
    case 'steady': {
      const first = before.find(({ is }) => is[0] === true)
      return isX && first !== undefined && value(first) !== value(last)
    }
    default:
      return false
  }
}

/** Is something lacking if the word ends here? */
export function lacks(form: ConsistencyForm, word: Word): boolean {
  const count = (k: number) => word.filter(({ is }) => is[k] === true).length
  switch (form.kind) {
    case 'atLeast':
    case 'exactly':
      return count(0) < form.times
    case 'followedBy':
    case 'leadsTo':
    case 'succession':
      return word.some((_, i) => isUnserved(form, word, i))
    case 'adjacent':
      return (form.how === 'next' || form.how === 'both') && word.at(-1)?.is[0] === true
    case 'pair': {
      const [x, y] = [count(0) > 0, count(1) > 0]
      if (form.how === 'requires') return x && !y
      if (form.how === 'together') return x !== y
      return form.how === 'either' && !x && !y
    }
    case 'edge':
      return form.which === 'last' && word.length > 0 && word.at(-1)?.is[0] !== true
    case 'aggregate':
      return aggregateLacks(form, word)
    default:
      return false
  }
}

/** The X at `i` is followed by nothing in time that answers it. */
function isUnserved(
  form: ConsistencyForm & { kind: 'followedBy' | 'leadsTo' | 'succession' },
  word: Word,
  i: number,
): boolean {
  const place = word[i]
  if (place?.is[0] !== true) return false
  const links = form.kind === 'leadsTo' ? form.chain.map((_, k) => k + 1) : [1]
  const inTime = (at: number) => form.withinMs === undefined || at <= place.step.at + form.withinMs
  return !chainAfter(word, links, i, word.length - 1, inTime)
}

type Aggregate = ConsistencyForm & { kind: 'aggregate' }

function valuesIn({ inMs }: Aggregate, word: Word): number[] {
  const now = word.at(-1)?.step.at ?? 0
  return word
    .filter((place) => place.is[0] === true && (inMs === undefined || now - place.step.at < inMs))
    .map(value)
}

function aggregateBreaks(form: Aggregate, word: Word): boolean {
  const values = valuesIn(form, word)
  const least = form.bound === 'atLeast'
  switch (form.fn) {
    case 'distinct':
      return !least && new Set(values).size > form.limit
    case 'average': {
      const mean = values.reduce((sum, one) => sum + one, 0) / values.length
      return least ? mean < form.limit : mean > form.limit
    }
    case 'highest':
      return !least && values.at(-1)! > form.limit
    case 'lowest':
      return least && values.at(-1)! < form.limit
    case 'total':
      return false
  }
}

function aggregateLacks(form: Aggregate, word: Word): boolean {
  const values = word.filter(({ is }) => is[0] === true).map(value)
  const least = form.bound === 'atLeast'
  if (form.fn === 'distinct') return least && new Set(values).size < form.limit
  if (form.fn === 'total') return values.reduce((sum, one) => sum + Math.max(0, one), 0) < form.limit
  if (values.length === 0) return false
  if (form.fn === 'highest') return least && Math.max(...values) < form.limit
  return form.fn === 'lowest' && !least && Math.min(...values) > form.limit
}

function agrees({ how, tolerance }: ConsistencyForm & { kind: 'agrees' }, a: number, b: number): boolean {
  const room =
    tolerance === undefined
      ? 0
      : tolerance.kind === 'amount'
        ? tolerance.value
        : (Math.abs(b) * tolerance.value) / 100
  if (how === 'notBelow') return a - b >= -room
  if (how === 'notAbove') return a - b <= room
  return Math.abs(a - b) <= room
}

// ---------------------------------------------------------------- slices and stretches

const isOf = (pattern: StepPattern, step: Step) =>
  pattern.any.some(({ names }) => names?.includes(step.name) === true)

/** Values of the constraint's own key and scope: what slices the trace. */
function sliceOf({ forEach, forEachOf = [], scope }: Consistency, step: Step): string {
  const own = forEachOf.map((key) => (key === 'tool' ? step.name : step.actor))
  const keys = [...own, ...forEach.map(([name = '']) => step.fields[name])]
  return JSON.stringify([scope === 'agent' ? step.actor : '', scope === 'turn' ? step.turn : '', ...keys])
}

/** The words to be judged when `steps` are those of one slice: one for each value that joins, or one for all. */
function words({ form }: Consistency, steps: readonly Step[]): Word[] {
  const patterns = patternsOf(form)
  const same = 'same' in form && form.kind !== 'adjacent' ? form.same : []
  const flipped = form.kind === 'followedBy' || form.kind === 'leadsTo' || form.kind === 'succession'
  const sides = patterns.map((_, i) => same.map((key) => ((i === 0) !== flipped ? key.here : key.there)))
  const keyOf = (step: Step, i: number) =>
    JSON.stringify((sides[i] ?? []).map(([name = '']) => step.fields[name]))
  const keys = new Set(
    steps.flatMap((step) => patterns.flatMap((pattern, i) => (isOf(pattern, step) ? [keyOf(step, i)] : []))),
  )
  if (same.length === 0) keys.add('[]')
  return Array.from(keys, (key) =>
    steps.map((step) => ({
      step,
      is: patterns.map((pattern, i) => isOf(pattern, step) && keyOf(step, i) === key),
    })),
  )
}

interface Part {
  readonly steps: Step[]
  closed: boolean
}

/** The stretches of a slice; a step that opens or closes one belongs to neither side. */
function parts({ during }: Consistency, steps: readonly Step[]): Part[] {
  if (during === undefined) return [{ steps: [...steps], closed: false }]
  const made: Part[] = during.kind === 'before' ? [{ steps: [], closed: false }] : []
  for (const step of steps) {
    const open = made.at(-1)?.closed === false ? made.at(-1) : undefined
    const closes = open !== undefined && 'closes' in during && isOf(during.closes, step)
    if (closes) open.closed = true
    if (open !== undefined && !closes) open.steps.push(step)
    else if ('opens' in during && isOf(during.opens, step)) made.push({ steps: [], closed: false })
  }
  return made
}

export function isDenied(consistency: Consistency, history: readonly Step[], step: Step): boolean {
  const { form, during } = consistency
  const slice = history.filter((one) => sliceOf(consistency, one) === sliceOf(consistency, step))
  const open = parts(consistency, slice).at(-1)
  if (open === undefined || open.closed) return false
  const late = during?.kind === 'between' || during?.kind === 'before'
  if (during !== undefined && 'closes' in during && isOf(during.closes, step)) {
    const brokeInside =
      late &&
      open.steps.some((_, i) =>
        words(consistency, open.steps.slice(0, i + 1)).some((word) => breaks(form, word)),
      )
    return brokeInside || words(consistency, open.steps).some((word) => lacks(form, word))
  }
  return (
    !late &&
    words(consistency, [...open.steps, step]).some((word) => word.at(-1)!.is.length > 0 && breaks(form, word))
  )
}

/** How many slices and joined values lack something when the trace ends. */
export function lackingAtEnd(consistency: Consistency, history: readonly Step[]): number {
  const { during, form } = consistency
  if (during?.kind === 'between' || during?.kind === 'before') return 0
  const { scope, forEach, forEachOf = [] } = consistency
  const whole = scope === 'conversation' && forEach.length === 0 && forEachOf.length === 0
  const slices = new Map<string, Step[]>(whole ? [[sliceOf(consistency, history[0] ?? NOWHERE), []]] : [])
  for (const one of history) {
    const name = sliceOf(consistency, one)
    slices.set(name, [...(slices.get(name) ?? []), one])
  }
  return Array.from(slices.values()).flatMap((steps) => {
    const open = parts(consistency, steps).at(-1)
    return open === undefined || open.closed
      ? []
      : words(consistency, open.steps).filter((word) => lacks(form, word))
  }).length
}
