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
import { partsOf } from './parts.ts'
import { needed, type Print, printOf, seedOf } from './prints.ts'
import { type LabelBits, WHOLE_WORDS_MAX, WHOLE_WORDS_MIN, WORDS_MAX, wholePrint } from './recorder.ts'
import { wordsOf } from './words.ts'

/** So many words in a row are nobody's everyday phrase. */
export const RUN_WORDS = 5
/** Digits of a number, letters of a single word, that are told apart from everyday ones. */
const DIGITS_MIN = 4
const WORD_MIN = 4
const LONG_NUMBER = /^\d{4,}(?:\.\d+)?$/

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
    let cut = memory.head.cut
    for (const path of fields.length === 0 ? [[]] : fields) {
      const found = leavesAt(step.fields, path)
      cut ||= found.cut
      for (const leaf of found.leaves) {
        const text = recognised(leaf.text, seed, memory, bits)
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

/** The first labelled part of the text that could not be a coincidence. */
function recognised(text: string, seed: number, memory: Memory, bits: LabelBits): string | undefined {
  const { words, cut } = wordsOf(text, WORDS_MAX)
  const has = (print: Print): boolean => (memory.maskOf(print) & bits.labelled) !== 0
  const only = (print: Print): boolean => has(print) && (memory.maskOf(print) & bits.open) === 0

  for (const part of partsOf(text)) {
    if (part.kind === 'numbers' && part.text.replace(/\D/g, '').length < DIGITS_MIN) continue
    const prints = needed(seed, wordsOf(part.text, WORDS_MAX).words)
    if (prints.length > 0 && prints.every(has) && prints.some(only)) return part.text
  }
  // A number that was written in groups is one word here, and several parts above.
  for (const [at, word] of words.entries())
    if (LONG_NUMBER.test(word)) {
      const print = printOf(seed, words, at, 1)
      if (has(print) && only(print)) return word
    }
  let run = 0
  let isSecret = false
  for (let from = 0; from + 3 <= words.length; from++) {
    const print = printOf(seed, words, from, 3)
    run = has(print) ? run + 1 : 0
    isSecret = run > 0 && (isSecret || only(print))
    if (isSecret && run >= RUN_WORDS - 2) return words.slice(from + 3 - RUN_WORDS, from + 3).join(' ')
  }
  for (let from = 0; from < words.length; from++) {
    for (let count = WHOLE_WORDS_MIN; count <= WHOLE_WORDS_MAX && from + count <= words.length; count++) {
      const value = words.slice(from, from + count)
      if (has(wholePrint(seed, value)) && needed(seed, value).some(only)) return value.join(' ')
    }
  }
  // A text that is nothing but a few labelled words: a password, a diagnosis.
  if (words.length > 0 && words.length < RUN_WORDS) {
    const prints = needed(seed, words)
    if (prints.every(only) && words.some((word) => word.length >= WORD_MIN)) return words.join(' ')
  }
  return cut ? CUT : undefined
}
