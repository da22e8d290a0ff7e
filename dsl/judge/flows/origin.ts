/** `F of X comes only from S`: every value there occurs in what one of the sources gave, or is a constant they list. */
import type { Flow, FlowConstant, FlowForm } from '../../plan/plan.ts'
import type { Finding } from '../finding.ts'
import { fired, ifMatched, unknown } from '../monitors/monitor.ts'
import { comesFirst, NEXT_MAX } from '../next.ts'
import { clip } from '../show.ts'
import type { Json, Step } from '../step.ts'
import { fold } from '../text.ts'
import { walk } from '../values.ts'
import type { FlowCheck } from './flow-check.ts'
import { type Leaf, leavesAt } from './leaves.ts'
import { ANYWHERE, type Keeper, type Memory } from './memory.ts'
import { partsOf } from './parts.ts'
import { joined, needed, printOf, seedOf } from './prints.ts'
import { WORDS_MAX } from './recorder.ts'
import type { Texts } from './texts.ts'
import { wordsOf } from './words.ts'

/** Values told in one reason. */
const TOLD_MAX = 3

/** `mask`: the bits of the flow's sources. */
export function createOrigin(
  flow: Flow,
  form: FlowForm & { kind: 'comesOnlyFrom' },
  keeper: Keeper,
  mask: number,
  texts: Texts,
): FlowCheck {
  const from = form.shownSources

  const problemsOf = (memory: Memory, step: Step): Problem[] => {
    const seed = seedOf(step.conversation)
    const problems: Problem[] = []
    for (const path of form.fields) {
      const { leaves, cut } = leavesAt(step.fields, path)
      if (cut) problems.push({ kind: 'cut', path: path.join('.'), text: '' })
      for (const leaf of leaves.flatMap((one) => followed(one, form.part, texts))) {
        const problem = problemWith(leaf, seed, memory)
        if (problem !== undefined) problems.push(problem)
      }
    }
    return problems
  }

  const problemWith = ({ path, text }: Leaf, seed: number, memory: Memory): Problem | undefined => {
    if (form.constants.some((constant) => isConstant(constant, text))) return undefined
    const { words, cut } = texts.words(text, WORDS_MAX)
    if (cut) return { kind: 'cut', path, text }
    if (words.length === 0)
      return form.orAgent || fold(text).trim() === '' ? undefined : { kind: 'wordless', path, text }
    if (gives(words, seed, memory, mask)) return undefined
    // `2024-05-20 10:00`: nothing but parts, each of which may come from elsewhere in the source.
    const pieces = text.trim().split(/\s+/)
    if (
      pieces.length > 1 &&
      pieces.every(isPart) &&
      pieces.every((one) => gives(wordsOf(one, WORDS_MAX).words, seed, memory, mask))
    )
      return undefined
    const isSeen = gives(words, seed, memory, ANYWHERE)
    if (!isSeen && memory.head.cut) return { kind: 'cut', path, text }
    if (!isSeen && form.orAgent) return undefined
    const origin = isSeen ? memory.originOf(needed(seed, words)[0]!) : undefined
    return { kind: 'breach', path, text, ...(origin !== undefined && { origin }) }
  }

  return {
    flow,
    what: form.what,
    check(cells, step, what) {
      if (what === false) return undefined
      const problems = problemsOf(keeper.open(cells), step)
      if (problems.length === 0) return undefined
      return ifMatched(what, form.what, () => {
        const breaches = problems.filter((problem) => problem.kind !== 'cut')
        return breaches.length === 0 ? unknown(CUT) : breach(form, from, breaches, step)
      })
    },
    describe(cells, step) {
      const problems = problemsOf(keeper.open(cells), step)
      return problems.length === 0
        ? `every value occurs in ${from}`
        : problems
            .slice(0, TOLD_MAX)
            .map((problem) => told(problem, from))
            .join('; ')
    },
  }
}

export const CUT = 'the conversation holds more text than can be followed'

interface Problem {
  /** `wordless`: signs alone, which nothing can be followed by. */
  readonly kind: 'breach' | 'wordless' | 'cut'
  readonly path: string
  readonly text: string
  /** Where it was first seen, if anywhere. */
  readonly origin?: string
}

function followed(leaf: Leaf, part: (FlowForm & { kind: 'comesOnlyFrom' })['part'], texts: Texts): Leaf[] {
  if (part === undefined) return [leaf]
  return texts
    .parts(leaf.text)
    .flatMap((one) => (one.kind === part ? [{ path: leaf.path, text: one.text }] : []))
}

function isPart(piece: string): boolean {
  return /^\d{1,2}(?::\d{2}){1,2}$/.test(piece) || partsOf(piece).length > 0
}

/** Do the words occur in what one of the sources gave? No words carry nothing. */
function gives(words: readonly string[], seed: number, memory: Memory, mask: number): boolean {
  if (words.length === 0) return true
  let common = mask
  for (const print of needed(seed, words)) {
    common &= memory.maskOf(print)
    if (common === 0) break
  }
  if (common !== 0) return true
  // A code in blocks here may stand in one piece there.
  const whole = words.join('')
  return joined(words).includes(whole) && (memory.maskOf(printOf(seed, [whole], 0, 1)) & mask) !== 0
}

function isConstant({ kind, text }: FlowConstant, value: string): boolean {
  const folded = fold(value.trim())
  if (kind === 'is') return folded === fold(text)
  return kind === 'ends' ? folded.endsWith(fold(text)) : folded.startsWith(fold(text))
}

function breach(
  form: FlowForm & { kind: 'comesOnlyFrom' },
  from: string,
  problems: readonly Problem[],
  step: Step,
): Finding {
  const more = problems.length > TOLD_MAX ? `; and ${problems.length - TOLD_MAX} more` : ''
  const values: Record<string, Json> = {}
  for (const path of form.fields) values[path.join('.')] = clip(walk(step.fields, path) ?? null)
  const next = form.sources.flatMap(({ pattern }) =>
    pattern.any.some(({ kinds }) => kinds?.includes('result')) ? comesFirst(pattern, [], step, false) : [],
  )
  return fired(
    problems
      .slice(0, TOLD_MAX)
      .map((one) => told(one, from))
      .join('; ') + more,
    values,
    next.slice(0, NEXT_MAX),
  )
}

function told({ kind, path, text, origin }: Problem, from: string): string {
  if (kind === 'cut') return CUT
  const value = `\`${String(clip(text))}\` in \`${path}\``
  if (kind === 'wordless') return `${value} is signs alone, and nobody can tell where they come from`
  return origin === undefined
    ? `${value} does not occur in ${from}, nor in anything else that was read`
    : `${value} was first seen in ${origin}, and does not occur in ${from}`
}
