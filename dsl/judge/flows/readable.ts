/**
 * `X must be readable by F`: each part of X's arguments that is recognisable by itself may be read by whoever F names. Parts
 * from several sources are for those who may read all of them. With `even reworded` so is everything that was read before.
 */
import type { Flow, FlowForm } from '../../plan/plan.ts'
import { fired, ifMatched, unknown } from '../monitors/monitor.ts'
import { clip } from '../show.ts'
import type { Step } from '../step.ts'
import { fold } from '../text.ts'
import type { FlowCheck } from './flow-check.ts'
import { type Leaf, leavesAt } from './leaves.ts'
import type { Keeper, Memory } from './memory.ts'
import { CUT } from './origin.ts'
import { needed, type Print, seedOf } from './prints.ts'
import { labelOf } from './readers.ts'
import { recognised } from './recognised.ts'
import { type LabelBits, WORDS_MAX } from './recorder.ts'
import { wordsOf } from './words.ts'

/** Readers told in one reason. */
const TOLD_MAX = 5
/** Lists that travel with one row of shared memory; with more it is nobody's. */
const ROW_LISTS_MAX = 8

type Lists = readonly ReadonlySet<string>[]

export function createReadable(
  flow: Flow,
  form: FlowForm & { kind: 'readable' },
  keeper: Keeper,
  bits: LabelBits,
  releasedBy: number,
): FlowCheck {
  const whoReads = (step: Step): string[] =>
    form.by.flatMap((who) =>
      who === 'peer'
        ? step.peer === undefined
          ? []
          : [step.peer]
        : leavesAt(step.fields, who).leaves.map(({ text }) => text),
    )

  const carried = (step: Step): { leaves: Leaf[]; cut: boolean } => {
    const paths = form.fields.length === 0 ? [[]] : form.fields
    const found = paths.map((path) => leavesAt(step.fields, path))
    const named = new Set(form.by.map((who) => (who === 'peer' ? '' : who.join('.'))))
    return {
      leaves: found
        .flatMap(({ leaves }) => leaves)
        .filter(({ path }) => form.fields.length > 0 || !named.has(path)),
      cut: found.some(({ cut }) => cut),
    }
  }

  /** The first part of the leaves that is restricted by lists of which `bars` is true. */
  const barred = (memory: Memory, step: Step, leaves: readonly Leaf[], bars: (lists: Lists) => boolean) => {
    const seed = seedOf(step.conversation)
    const has = (print: Print): boolean => {
      const lists = memory.readership.listsOf(print)
      return lists !== undefined && bars(lists)
    }
    const only = (print: Print): boolean => has(print) && (memory.maskOf(print) & bits.open) === 0
    for (const { path, text } of leaves) {
      const found = recognised(text, seed, { has, only })
      if (found !== undefined) return { path, text: found }
    }
    return undefined
  }

  const problemOf = (memory: Memory, step: Step) => {
    const { head, readership } = memory
    if ((head.read & bits.labelled) === 0 || (head.released & releasedBy) !== 0) return undefined
    const who = whoReads(step)
    const names = who.map(fold)
    const bars = (lists: Lists): boolean =>
      names.length === 0 || lists.some((list) => names.some((name) => !list.has(name)))
    if (form.evenReworded)
      return head.cut || bars(readership.lists) ? ({ kind: 'read', who } as const) : undefined
    const { leaves, cut } = carried(step)
    const part = barred(memory, step, leaves, bars)
    if (part === undefined || part.text === CUT)
      return cut || head.cut || part !== undefined ? ({ kind: 'cut' } as const) : undefined
    return { kind: 'part', who, ...part } as const
  }

  const told = (memory: Memory, step: Step, problem: NonNullable<ReturnType<typeof problemOf>>): string => {
    const release =
      form.releasedBy.length === 0 ? '' : `, and ${form.releasedBy.join(' or ')} has not released it`
    if (problem.kind === 'cut') return CUT
    const who = problem.who.map((name) => `\`${String(clip(name))}\``).join(', ')
    if (problem.kind === 'read')
      return who === ''
        ? 'nobody is named who reads this'
        : `something was read in this conversation that ${who} may not read${release}`
    const { path, text } = problem
    const first = needed(seedOf(step.conversation), wordsOf(text, WORDS_MAX).words)[0]
    const origin = first === undefined ? undefined : memory.originOf(first)
    const lists = first === undefined ? undefined : memory.readership.listsOf(first)
    const part = `\`${String(clip(text))}\` in \`${path}\`${origin === undefined ? '' : `, first seen in ${origin},`}`
    return who === ''
      ? `nobody is named who reads ${part}`
      : `${part} may be read by ${shownReaders(lists ?? [])}, not by ${who}${release}`
  }

  return {
    flow,
    what: form.what,
    check(cells, step, what) {
      if (what === false) return undefined
      const memory = keeper.open(cells)
      const problem = problemOf(memory, step)
      if (problem === undefined) return undefined
      return ifMatched(what, form.what, () => {
        const found = told(memory, step, problem)
        if (problem.kind === 'cut' || problem.who.length === 0) return unknown(found)
        return fired(found, problem.kind === 'part' ? { [problem.path]: String(clip(problem.text)) } : {})
      })
    },
    carries(cells, step) {
      const memory = keeper.open(cells)
      const { head, readership } = memory
      if ((head.read & bits.labelled) === 0 || (head.released & releasedBy) !== 0) return undefined
      if (form.evenReworded) return labelsFor(readership.lists)
      const { leaves, cut } = leavesAt(step.fields, [])
      if (cut || head.cut) return labelOf([])
      if (barred(memory, step, leaves, () => true) === undefined) return undefined
      return labelsFor(
        readership.lists.filter((list) => barred(memory, step, leaves, (lists) => lists.includes(list))),
      )
    },
    describe(cells, step) {
      const memory = keeper.open(cells)
      if ((memory.head.read & bits.labelled) === 0) return 'nothing was read that is only for some'
      if ((memory.head.released & releasedBy) !== 0) return 'what is only for some was released'
      const problem = problemOf(memory, step)
      return problem === undefined
        ? 'whoever reads this may read what it carries'
        : told(memory, step, problem)
    },
  }
}

/** Lists of nobody that stand for none of their own have no list: the row is nobody's then. */
function labelsFor(lists: Lists): readonly string[] {
  return lists.length === 0 || lists.length > ROW_LISTS_MAX ? [labelOf([])] : lists.map(labelOf)
}

function shownReaders(lists: Lists): string {
  const [first, ...others] = lists
  const names = Array.from(first ?? []).filter((name) => others.every((list) => list.has(name)))
  if (names.length === 0) return 'nobody'
  const shown = names
    .slice(0, TOLD_MAX)
    .map((name) => `\`${String(clip(name))}\``)
    .join(', ')
  return names.length > TOLD_MAX ? `${shown} and ${names.length - TOLD_MAX} more` : shown
}
