/**
 * `L never reaches X`: no labelled value, nor a part of one that is recognisable by itself, stands in X's arguments.
 * With `even reworded`: once anything with the label was read, nothing goes out.
 */
import type { Flow, FlowForm } from '../../plan/plan.ts'
import { fired, ifMatched, unknown } from '../monitors/monitor.ts'
import { clip } from '../show.ts'
import type { Step } from '../step.ts'
import type { FlowCheck } from './flow-check.ts'
import { leavesAt } from './leaves.ts'
import type { Keeper, Memory } from './memory.ts'
import { CUT } from './origin.ts'
import { type Print, seedOf } from './prints.ts'
import { recognised } from './recognised.ts'
import type { LabelBits } from './recorder.ts'

/** `releasedBy`: bits of the releases that lift it. */
export function createReach(
  flow: Flow,
  form: FlowForm & { kind: 'neverReaches' },
  keeper: Keeper,
  bits: LabelBits,
  releasedBy: number,
): FlowCheck {
  const { label } = form
  const leaked = (
    memory: Memory,
    step: Step,
    fields = form.fields,
  ): { path: string; text: string } | 'cut' | undefined => {
    const seed = seedOf(step.conversation)
    const has = (print: Print): boolean => (memory.maskOf(print) & bits.labelled) !== 0
    const only = (print: Print): boolean => has(print) && (memory.maskOf(print) & bits.open) === 0
    let cut = memory.head.cut
    for (const path of fields.length === 0 ? [[]] : fields) {
      const found = leavesAt(step.fields, path)
      cut ||= found.cut
      for (const leaf of found.leaves) {
        const text = recognised(leaf.text, seed, { has, only })
        if (text === CUT) cut = true
        else if (text !== undefined) return { path: leaf.path, text }
      }
    }
    return cut ? 'cut' : undefined
  }

  return {
    flow,
    what: form.what,
    check(cells, step, what) {
      if (what === false) return undefined
      const memory = keeper.open(cells)
      const { head } = memory
      if ((head.read & bits.labelled) === 0 || (head.released & releasedBy) !== 0) return undefined
      const release =
        form.releasedBy.length === 0 ? '' : `, and ${form.releasedBy.join(' or ')} has not released it`
      if (form.evenReworded)
        return ifMatched(what, form.what, () =>
          fired(`what is ${label} was read in this conversation${release}`),
        )
      const leak = leaked(memory, step)
      if (leak === undefined) return undefined
      return ifMatched(what, form.what, () => {
        if (leak === 'cut') return unknown(CUT)
        const shown = String(clip(leak.text))
        return fired(`\`${shown}\` in \`${leak.path}\` is ${label}${release}`, { [leak.path]: shown })
      })
    },
    carries(cells, step) {
      const memory = keeper.open(cells)
      const { head } = memory
      if ((head.read & bits.labelled) === 0 || (head.released & releasedBy) !== 0) return undefined
      return form.evenReworded || leaked(memory, step, []) !== undefined ? label : undefined
    },
    describe(cells, step) {
      const memory = keeper.open(cells)
      if ((memory.head.read & bits.labelled) === 0) return `nothing ${label} was read`
      if ((memory.head.released & releasedBy) !== 0) return `what is ${label} was released`
      const leak = form.evenReworded ? undefined : leaked(memory, step)
      if (leak === 'cut') return CUT
      return leak === undefined ? `what is ${label} was read` : `\`${String(clip(leak.text))}\` is ${label}`
    },
  }
}
