/** What each pattern of the catalogue accepts and refuses, as two short stretches of a trace. */
import { showDuration } from '../plan/bounds.ts'
import type { ConsistencyForm, Expr, StepPattern, Window } from '../plan/plan.ts'
import { literal } from '../plan/print-parts.ts'
import type { FigureCell, FigureRow } from './document.ts'

/** Characters of a step in a box. */
const STEP_MAX = 40

const step = (of: StepPattern | string, suffix = ''): FigureCell => ({
  kind: 'step',
  text: `${clip(typeof of === 'string' ? of : of.shown)}${suffix}`,
})
const refused = (of: StepPattern | string, suffix = ''): FigureCell => ({
  kind: 'step',
  text: `${clip(typeof of === 'string' ? of : of.shown)}${suffix}`,
  refused: true,
})
const gap = (text = ''): FigureCell => ({ kind: 'gap', text })
const end = (text = 'the end'): FigureCell => ({ kind: 'end', text })
const OTHER = step('another step')

const holds = (...cells: FigureCell[]): FigureRow => ({ holds: true, cells })
const breaks = (...cells: FigureCell[]): FigureRow => ({ holds: false, cells })

export function figureOf(form: ConsistencyForm): readonly FigureRow[] {
  const x = form.what
  switch (form.kind) {
    case 'needs': {
      const by = form.bySomeoneElse ? ' by someone else' : ''
      return [holds(step(form.earlier, by), gap(within(form.withinMs)), step(x)), breaks(refused(x))]
    }
    case 'needsEach':
      return [
        holds(step(form.earlier), gap(within(form.withinMs)), step(x), step(form.earlier), step(x)),
        breaks(step(form.earlier), step(x), refused(x)),
      ]
    case 'needsChain':
      return [
        holds(...form.chain.map((one) => step(one)), gap(within(form.withinMs)), step(x)),
        breaks(...form.chain.slice(0, -1).map((one) => step(one)), refused(x)),
      ]
    case 'quorum':
      return [
        holds(
          ...people(form.people).map((who) => step(form.earlier, ` by ${who}`)),
          gap(within(form.withinMs)),
          step(x),
        ),
        breaks(...people(form.people - 1).map((who) => step(form.earlier, ` by ${who}`)), refused(x)),
      ]
    case 'atMost':
      return atMost(form)
    case 'atLeast':
    case 'exactly':
      return [holds(step(x, ` × ${form.times}`), end()), breaks(step(x, ` × ${form.times - 1}`), end())]
    case 'neverAfter':
      return [holds(step(x), gap(), step(form.after)), breaks(step(form.after), gap(), refused(x))]
    case 'rests': {
      const often = step(form.after, form.times === 1 ? '' : ` × ${form.times}`)
      const rest = form.forMs === undefined ? '' : showDuration(form.forMs)
      return [
        ...(form.forMs === undefined ? [] : [holds(often, gap(`over ${rest}`), step(x))]),
        breaks(often, gap(rest === '' ? '' : `within ${rest}`), refused(x)),
      ]
    }
    case 'followedBy':
      return [
        holds(step(x), gap(within(form.withinMs)), step(form.by)),
        breaks(step(x), gap(), end(`${showDuration(form.withinMs)} later, nothing`)),
      ]
    case 'leadsTo':
      return [
        holds(step(x), gap(within(form.withinMs)), ...form.chain.map((one) => step(one))),
        form.alone ? breaks(step(x), gap(), refused(x)) : breaks(step(x), gap(), end('nothing until then')),
      ]
    case 'succession':
      return form.alternate
        ? [holds(step(x), step(form.by), step(x), step(form.by)), breaks(step(x), refused(x))]
        : [holds(step(x), gap(within(form.withinMs)), step(form.by)), breaks(refused(form.by, ' alone'))]
    case 'adjacent':
      return adjacent(form)
    case 'pair':
      return pair(form)
    case 'edge':
      return form.which === 'first'
        ? [holds(step(x), OTHER), breaks(refused('another step'), gap(), step(x))]
        : [holds(OTHER, step(x), end()), breaks(step(x), refused('another step'))]
    case 'total':
    case 'aggregate': {
      const fn = form.kind === 'total' ? 'total' : form.fn
      const limit = form.kind === 'total' ? form.atMost : form.limit
      const most = form.kind === 'total' || form.bound === 'atMost'
      const written = typeof limit === 'number' ? literal(limit, form.of.type) : shownLimit(limit)
      const said = fn === 'distinct' ? String(limit) : written
      const span = window(form)
      const name = fn === 'distinct' ? 'different values' : fn
      return [
        holds(step(x, ' …'), gap(span), step(x), end(`${name} ${most ? 'up to' : 'from'} ${said}`)),
        breaks(step(x, ' …'), gap(span), refused(x), end(`${name} ${most ? 'over' : 'under'} ${said}`)),
      ]
    }
    case 'agrees':
      return [
        holds(step(form.latest), gap('latest'), step(x), end('the values go together')),
        breaks(step(form.latest), gap('latest'), refused(x), end('they do not')),
      ]
    case 'steady':
      return [holds(step(x), gap('same value'), step(x)), breaks(step(x), gap('another value'), refused(x))]
  }
}

function atMost(form: ConsistencyForm & { kind: 'atMost' }): readonly FigureRow[] {
  const { what, times } = form
  if (times === 0) return [breaks(refused(what))]
  if (times === 1) return [holds(step(what)), breaks(step(what), gap(window(form)), refused(what))]
  const often = ` × ${typeof times === 'number' ? times : shownLimit(times)}`
  return [holds(step(what, often)), breaks(step(what, often), gap(window(form)), refused(what))]
}

/** `daily_cap for tier` */
function shownLimit(limit: Expr): string {
  if (limit.op === 'field') return limit.path.join('.')
  return limit.op === 'lookup' ? `${limit.table} for ${limit.keys.map(shownLimit).join(', ')}` : 'its limit'
}

function adjacent({ how, what, other }: ConsistencyForm & { kind: 'adjacent' }): readonly FigureRow[] {
  switch (how) {
    case 'after':
      return [holds(step(other), step(what)), breaks(step(other), OTHER, refused(what))]
    case 'next':
      return [holds(step(what), step(other)), breaks(step(what), refused('another step'))]
    case 'both':
      return [holds(step(what), step(other)), breaks(step(what), refused('another step'), step(other))]
    case 'never':
      return [holds(step(other), OTHER, step(what)), breaks(step(other), refused(what))]
  }
}

function pair({ how, what, other }: ConsistencyForm & { kind: 'pair' }): readonly FigureRow[] {
  switch (how) {
    case 'requires':
      return [
        holds(step(what), gap('before or after'), step(other)),
        breaks(step(what), end('never the other')),
      ]
    case 'together':
      return [
        holds(step(what), gap('before or after'), step(other)),
        breaks(step(what), end('one without the other')),
      ]
    case 'apart':
      return [holds(step(what), end('without the other')), breaks(step(what), gap(), refused(other))]
    case 'either':
      return [holds(step(what), end('one of them')), breaks(step(what), gap(), refused(other))]
  }
}

const within = (ms: number | undefined): string => (ms === undefined ? '' : `within ${showDuration(ms)}`)

function window({ inMs, per }: Window): string {
  if (per !== undefined) return `same ${per.unit}`
  return inMs === undefined ? '' : `within ${showDuration(inMs)}`
}

const people = (count: number): string[] => ['Ann', 'Ben', 'Cem', 'Dao'].slice(0, Math.min(count, 4))

function clip(said: string): string {
  return said.length <= STEP_MAX ? said : `${said.slice(0, STEP_MAX - 1)}…`
}
