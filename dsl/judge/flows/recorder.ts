/** From a step that was let through to what is remembered of it: its pieces, by the sources and labels they belong to. */
import type { FlowLabel, FlowReaders, FlowSource, StepPattern } from '../../plan/plan.ts'
import { type Json, type Step, type StepKind, toldBy } from '../step.ts'
import { fold } from '../text.ts'
import type { Truth } from '../values.ts'
import type { Recorder } from './flow-check.ts'
import { leavesAt } from './leaves.ts'
import { ANYWHERE, type Keeper } from './memory.ts'
import { Pieces } from './pieces.ts'
import { type Print, printOf, remember, seedOf } from './prints.ts'
import { readersOfRow, readersTold } from './readers.ts'
import type { Texts } from './texts.ts'
import { wordsOf } from './words.ts'

/** Words of one step that are remembered; of a longer one only the beginning is known. */
export const WORDS_MAX = 20_000
/** What agents are told: the rest they say themselves. */
const TELLS: ReadonlySet<StepKind> = new Set(['receives', 'result', 'fails', 'recalled'])

/** The bits of one label. */
export interface LabelBits {
  readonly labelled: number
  /** Given by something without the label before anything with it was read: no secret. */
  readonly open: number
}

export interface Source {
  readonly source: FlowSource
  readonly bit: number
}

export interface Label {
  readonly label: FlowLabel
  readonly bits: LabelBits
}

/** A label's source, or one that says who may read it. */
interface LabelSource {
  readonly source: FlowSource
  readonly bits: LabelBits
  readonly readers?: FlowReaders
}

export interface Release {
  readonly pattern: StepPattern
  readonly label: string
  readonly bit: number
}

/** A whole value of a labelled step, when it is short: names and the like. */
export function wholePrint(seed: number, words: readonly string[]): Print {
  return printOf(seed, ['\u0001', ...words], 0, words.length + 1)
}
export const WHOLE_WORDS_MIN = 2
export const WHOLE_WORDS_MAX = 4

export function createRecorder(
  keeper: Keeper,
  sources: readonly Source[],
  labels: readonly Label[],
  releases: readonly Release[],
  restricting: { readonly bits: LabelBits; readonly on: readonly FlowReaders[] } | undefined,
  texts: Texts,
): Recorder {
  const marks = [...labels, ...(restricting === undefined ? [] : [restricting])]
  const labelSources = [
    ...labels.flatMap(({ label, bits }) => label.on.map((source): LabelSource => ({ source, bits }))),
    ...(restricting?.on ?? []).map(
      (readers): LabelSource => ({ source: readers.source, bits: restricting!.bits, readers }),
    ),
  ]
  const patterns = [
    ...sources.map(({ source }) => source.pattern),
    ...labelSources.map(({ source }) => source.pattern),
    ...releases.map(({ pattern }) => pattern),
  ]

  /** Those of the step at hand; the room for them is used again. */
  const pieces = new Pieces()
  const wholes = new Pieces()

  return {
    patterns,
    listens: (kind) => TELLS.has(kind),
    advance(cells, step, is) {
      const isLabelled = is.slice(sources.length)
      const isRelease = is.slice(sources.length + labelSources.length)
      releases.forEach(({ label, bit }, i) => {
        if (isRelease[i] === true && isFor(step.fields['label'], label)) keeper.mark(cells, { released: bit })
      })
      if (!TELLS.has(step.kind)) return
      const seed = seedOf(step.conversation)
      const memory = keeper.open(cells)
      const told = toldBy(step)
      pieces.shrink(0)
      wholes.shrink(0)
      let left = WORDS_MAX
      let cut = false
      const put = (print: Print, mask: number): void => {
        const entry = pieces.find(print)
        const told = entry < 0 ? 0 : pieces.maskAt(entry)
        let added = mask
        if (marks.length > 0) {
          const known = told | memory.maskOf(print)
          for (const { bits } of marks) if ((known & bits.labelled) !== 0) added &= ~bits.open
        }
        if (entry < 0) pieces.push(print, added, 0)
        else pieces.setMask(entry, told | added)
      }
      let skips = false
      const restricted: { names: readonly string[]; prints: Set<Print> }[] = []
      const take = (
        path: readonly string[],
        mask: number,
        whole: boolean,
        into: readonly Set<Print>[] = [],
      ): void => {
        const keep = (print: Print): void => {
          put(print, mask)
          for (const prints of into) prints.add(print)
        }
        const found = leavesAt(told, path, true)
        cut ||= found.cut
        for (const { text } of found.leaves) {
          const read = texts.words(text, left)
          left -= read.words.length
          cut ||= read.cut
          if (skips) {
            const text = printOf(seed, read.words, 0, read.words.length)
            if (memory.wasTold(text, mask)) continue
            if (wholes.find(text) < 0) wholes.push(text, mask, 0)
          }
          remember(seed, read.words, read.codes, keep)
          if (whole) for (const words of shortValues(text)) keep(wholePrint(seed, words))
        }
      }

      // What has a label takes it before the rest of the same step is called open.
      let own = 0
      const ofAll: Set<Print>[] = []
      const restrict = (names: readonly string[]): Set<Print> => {
        const prints = new Set<Print>()
        restricted.push({ names, prints })
        return prints
      }
      labelSources.forEach(({ source, bits, readers }, i) => {
        if (labelledFor(isLabelled[i]) === false) return
        keeper.mark(cells, { read: bits.labelled })
        const only = readers === undefined ? [] : [restrict(readersTold(told, readers))]
        if (source.field === undefined) {
          own |= bits.labelled
          ofAll.push(...only)
        } else {
          take(source.field, bits.labelled | ANYWHERE, true, only)
          left = WORDS_MAX
        }
      })
      // What comes out of another conversation, as a row or a message, brings along what it was labelled there.
      for (const { label, bits } of labels)
        if (
          step.labels?.includes(label.name) ||
          (step.kind === 'recalled' && isLabelledRow(step, label.name))
        ) {
          keeper.mark(cells, { read: bits.labelled })
          own |= bits.labelled
        }
      if (restricting !== undefined && step.kind === 'recalled')
        for (const names of readersOfRow(step.fields)) {
          keeper.mark(cells, { read: restricting.bits.labelled })
          own |= restricting.bits.labelled
          ofAll.push(restrict(names))
        }
      let mask = ANYWHERE | own
      for (const { bits } of marks) if ((own & bits.labelled) === 0) mask |= bits.open
      const fielded: { path: readonly string[]; bit: number }[] = []
      sources.forEach(({ source, bit }, i) => {
        if (is[i] !== true) return
        if (source.field === undefined) mask |= bit
        else fielded.push({ path: source.field, bit })
      })
      // Field names, what is known of every row, a page read twice. Wrongly taken for known, a text would lack its
      // sources and be refused; a label it would lack is another matter, and not left to one print. And what is
      // written depends on nothing but the cells: a text of several masks would come later in it.
      skips = own === 0 && fielded.length === 0
      take([], mask, own !== 0, ofAll)
      skips = false
      for (const { path, bit } of fielded) {
        left = WORDS_MAX
        take(path, bit | ANYWHERE, false)
      }
      keeper.add(cells, originOf(step), pieces, restricted, wholes)
      if (cut) keeper.mark(cells, { cut: true })
    },
  }
}

/** What may have a label has it. */
function labelledFor(matched: Truth | undefined): boolean {
  return matched !== false
}

/** A row whose labels cannot be read may have any of them. */
function isLabelledRow({ fields: { labels } }: Step, label: string): boolean {
  return labels !== undefined && (!Array.isArray(labels) || labels.includes(label))
}

/** A release names its label, or is for all of them. */
function isFor(named: Json | undefined, label: string): boolean {
  if (named === undefined || named === null) return true
  if (Array.isArray(named)) return named.includes(label)
  return typeof named === 'string' && fold(named) === fold(label)
}

/** The text itself and what follows `name:` on each of its lines, where that is two to four words. */
function shortValues(text: string): string[][] {
  const values: string[][] = []
  for (const line of text.split('\n', 2_000)) {
    const colon = line.indexOf(': ')
    const value = colon < 0 ? line : line.slice(colon + 2)
    if (value.length > 120) continue
    const { words } = wordsOf(value, WHOLE_WORDS_MAX + 1)
    if (words.length >= WHOLE_WORDS_MIN && words.length <= WHOLE_WORDS_MAX) values.push(words)
  }
  return values
}

/** Where a piece was seen, as a person would say it. */
function originOf({ kind, name, peer }: Step): string {
  switch (kind) {
    case 'receives':
      return `${name === '' ? 'a message' : `message ${name}`}${peer === undefined ? '' : ` from ${peer}`}`
    case 'result':
      return `result of ${name}`
    case 'fails':
      return `failure of ${name}`
    default:
      return `what was recalled${name === '' ? '' : ` of ${name}`}`
  }
}
