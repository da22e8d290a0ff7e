/**
 * A monitor that holds only in stretches of the trace. It is told of the steps inside and of nothing else. Of `between` and
 * `before` the standard speaks only once they are closed: a breach inside is remembered, and the step that would close the
 * stretch is refused. In the others a breach is refused where it happens.
 */
import type { Consistency, StepPattern, Stretch } from '../../plan/plan.ts'
import type { Finding } from '../finding.ts'
import { fired, type Matches, type Monitor, unknown } from './monitor.ts'
import { FULL } from './slot.ts'
import { createStretch, STRETCH_MARK, stateOf } from './stretch.ts'

export function createStretched(consistency: Consistency, stretch: Stretch, inside: Monitor): Monitor {
  const reader = createStretch(consistency, stretch)
  const opens = 'opens' in stretch ? stretch.opens : undefined
  const closes = 'closes' in stretch ? stretch.closes : undefined
  const late = stretch.kind === 'between' || stretch.kind === 'before'
  const count = inside.patterns.length
  const patterns: readonly StepPattern[] = [
    ...inside.patterns,
    ...(opens === undefined ? [] : [opens]),
    ...(closes === undefined ? [] : [closes]),
  ]
  const isOpening = (is: Matches) => (opens === undefined ? false : is[count])
  const isClosing = (is: Matches) => (closes === undefined ? false : is[is.length - 1])
  const within = (is: Matches) => is.slice(0, count)
  const mentioned = (is: Matches) => within(is).some((truth) => truth !== false)

  const closing = (why: string | undefined, sure: boolean): Finding | undefined => {
    if (why === undefined) return undefined
    const found = `${closes?.shown ?? 'this'} ends the stretch, and ${why}`
    return sure ? fired(found) : unknown(found)
  }

  return {
    consistency,
    patterns,
    expires: inside.expires,
    check(cells, step, is) {
      const at = reader.cell(step)
      if (at === undefined)
        return mentioned(is) || isOpening(is) !== false || isClosing(is) !== false
          ? unknown('a value that joins the steps is missing')
          : undefined
      const state = reader.read(cells, at)
      if (isOpening(is) !== false && reader.full(cells, at)) return unknown(FULL)
      if (!state.open) return undefined
      const closed = isClosing(is)
      const told =
        closed === false
          ? undefined
          : closing(
              state.broken ? 'what it forbids has happened in it' : inside.owing?.(cells, step),
              closed === true,
            )
      if (told !== undefined || closed === true) return told
      const finding = inside.check(cells, step, within(is))
      return late && finding?.outcome === 'fired' ? undefined : finding
    },
    advance(cells, step, is, obligations) {
      const at = reader.cell(step)
      if (at === undefined) return
      let state = reader.read(cells, at)
      if (state.open && isClosing(is) === true) {
        state = { ...state, open: false }
        reader.write(cells, at, state)
      } else if (state.open) {
        if (late && !state.broken && inside.check(cells, step, within(is))?.outcome === 'fired')
          reader.write(cells, at, { ...state, broken: true })
        inside.advance(cells, step, within(is), obligations)
        return
      }
      if (isOpening(is) !== false && !reader.full(cells, at))
        reader.write(cells, at, { number: state.number + 1, open: true, broken: false })
    },
    expired: (cell, value, step) => !isStretch(cell) && inside.expired(cell, value, step),
    ...(inside.dueIn !== undefined && { dueIn: inside.dueIn }),
    ...(inside.unmet !== undefined &&
      !late && {
        unmet(cells, own) {
          const opened = own.filter(([cell, value]) => isStretch(cell) && stateOf(value)?.open === true)
          const kept = new Map(own.filter(([cell]) => !isStretch(cell)))
          if (stretch.kind === 'after' && 'same' in consistency.form && consistency.form.same.length > 0)
            return inside.unmet?.(cells, Array.from(kept)) ?? []
          return opened.flatMap(([cell, value]) => {
            const inner = cell.replace(STRETCH_MARK, '')
            const stored = kept.get(inner)
            const fresh = Array.isArray(stored) && stored[0] === stateOf(value)?.number
            return inside.lacking?.(inner, fresh ? stored : undefined) ?? []
          })
        },
      }),
    describe(cells, step) {
      const at = reader.cell(step)
      const open = at !== undefined && reader.read(cells, at).open
      return open ? inside.describe(cells, step) : 'outside of the stretch it speaks of'
    },
  }
}

function isStretch(cell: string): boolean {
  return cell.slice(0, cell.indexOf(':')).endsWith(STRETCH_MARK)
}
