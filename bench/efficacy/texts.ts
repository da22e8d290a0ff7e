/**
 * Detectors on labelled texts: injections by five-fold cross-validation (no text is scored by weights that saw it), personal data by the
 * rules of the language. `PARAPET_CORPORA=… node bench/efficacy/texts.ts`
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { spans } from '#dsl/judge/detectors.ts'
import { fold } from '#dsl/judge/text.ts'
import { cached } from '#runtime/evidence/cached.ts'
import type { Embedder } from '#runtime/evidence/embedder.ts'
import { type InjectionModel, injectionFeatures } from '#runtime/evidence/injection.ts'
import { signsIn } from '#runtime/evidence/injection-rules.ts'
import { type InjectionText, trainInjection } from '#runtime/evidence/injection-training.ts'
import { probability } from '#runtime/evidence/logistic.ts'
import { offlineEmbedder } from '#runtime/evidence/offline.ts'
import { windowsOf } from '#runtime/evidence/sentences.ts'
import { countAt, type Labelled, measures, recommended } from '#runtime/evidence/thresholds.ts'

interface CorpusText extends InjectionText {
  readonly source: string
}

interface PersonalText {
  readonly text: string
  readonly spans: readonly { readonly start: number; readonly end: number; readonly type: string }[]
}

const FOLDS = 5
const THRESHOLD = 0.5

/** Prints both tables; nothing where the corpus is absent. */
export async function texts(corpora: string, write: (line: string) => void = console.log): Promise<void> {
  await injections(readLines<CorpusText>(corpora, 'injection.jsonl'), write)
  write('')
  personalData(readLines<PersonalText>(corpora, 'pii.jsonl'), write)
}

function readLines<T>(corpora: string, name: string): T[] {
  return readFileSync(join(corpora, 'texts', name), 'utf8')
    .trim()
    .split('\n')
    .map((line): T => JSON.parse(line))
}

async function injections(all: readonly CorpusText[], write: (line: string) => void): Promise<void> {
  const embedder = cached(offlineEmbedder())
  const scored: (Labelled & { readonly source: string })[] = []
  for (let part = 0; part < FOLDS; part++) {
    const seen = all.filter((_, at) => at % FOLDS !== part)
    const unseen = all.filter((_, at) => at % FOLDS === part)
    const model = await trainInjection(embedder, seen)
    for (const { text, label, source } of unseen)
      scored.push({ score: await scoreOf(text, model, embedder), label, source })
  }
  const signs = all.map(({ text, label }) => ({
    score: signsIn(text).some((sign) => sign === 1) ? 1 : 0,
    label,
  }))
  await embedder.close?.()
  write(`injection, ${all.length} texts (${FOLDS}-fold cross-validation, threshold ${THRESHOLD})`)
  write(row('rules and embeddings', scored))
  write(row('rules alone', signs))
  const { threshold } = recommended(scored)
  write(`  best F1 at threshold ${threshold.toFixed(2)}: ${shown(measures(countAt(scored, threshold)))}`)
  for (const source of Array.from(new Set(scored.map((one) => one.source))).sort()) {
    const own = scored.filter((one) => one.source === source)
    const { falseOnes, missed } = countAt(own, THRESHOLD)
    const wrong = own[0] && own.every(({ label }) => label === own[0]!.label) ? falseOnes + missed : undefined
    write(
      wrong === undefined
        ? `  ${source.padEnd(18)} ${shown(measures(countAt(own, THRESHOLD)))}`
        : `  ${source.padEnd(18)} ${(100 - (100 * wrong) / own.length).toFixed(1)} % right of ${own.length}`,
    )
  }
  for (const line of PUBLISHED_INJECTION) write(`  published: ${line}`)
}

async function scoreOf(text: string, model: InjectionModel, embedder: Embedder): Promise<number> {
  const windows = windowsOf(text)
  const embedded = await embedder.embed(windows)
  if (embedded.kind === 'failed') throw new Error(embedded.why)
  return Math.max(
    ...windows.map((window, at) => probability(model, injectionFeatures(window, embedded.vectors[at]!))),
  )
}

/** Our detectors by the corpus's names; the rest (people, places, organisations) needs a model that knows names. */
const KINDS: Readonly<Record<string, string>> = {
  CREDIT_CARD: 'card_number',
  EMAIL_ADDRESS: 'email_address',
  IBAN_CODE: 'iban',
  PHONE_NUMBER: 'phone_number',
}

function personalData(all: readonly PersonalText[], write: (line: string) => void): void {
  write(`personal data, ${all.length} texts (rules; a span counts when it overlaps a labelled one)`)
  for (const [type, detector] of Object.entries(KINDS)) {
    let [right, falseOnes, missed] = [0, 0, 0]
    for (const { text, spans: labelled } of all) {
      const wanted = labelled.filter((span) => span.type === type)
      // Folding keeps the length of these texts, else places could not be compared.
      const folded = fold(text)
      if (folded.length !== text.length) continue
      const found = spans(detector, folded) ?? []
      const overlaps = (a: { start: number; end: number }, b: { start: number; end: number }) =>
        a.start < b.end && b.start < a.end
      right += wanted.filter((span) => found.some((one) => overlaps(one, span))).length
      missed += wanted.filter((span) => !found.some((one) => overlaps(one, span))).length
      falseOnes += found.filter((one) => !wanted.some((span) => overlaps(one, span))).length
    }
    write(`  ${detector.padEnd(18)} ${shown(measures({ right, falseOnes, missed, quiet: 0 }))}`)
    const { precision, recall } = PUBLISHED_PERSONAL[type]!
    write(
      `  ${'published'.padStart(18)} ${shown({ precision, recall, f1: (2 * precision * recall) / (precision + recall) })}`,
    )
  }
  for (const [writing, gap] of WRITINGS) {
    const cards = all.flatMap(({ text, spans: labelled }) =>
      labelled.filter(({ type }) => type === 'CREDIT_CARD').map(({ start, end }) => text.slice(start, end)),
    )
    const found = cards.filter((card) => (spans('card_number', fold(inGroups(card, gap))) ?? []).length > 0)
    write(`  card_number, ${writing.padEnd(20)} ${found.length} of ${cards.length}`)
  }
  const rest = new Set(
    all.flatMap((text) => text.spans.map(({ type }) => type)).filter((type) => !KINDS[type]),
  )
  write(`  not looked for: ${Array.from(rest).sort().join(', ')}`)
}

/** How people and pages write the same numbers. */
const WRITINGS = [
  ['spaces', ' '],
  ['no-break spaces', '\u00a0'],
  ['en dashes', '\u2013'],
  ['minus signs', ' \u2212 '],
  ['a line each', '\n'],
  ['hyphenated lines', '-\r\n'],
] as const

/** As embossed: threes, fours and sixes by how many digits there are. */
function inGroups(card: string, gap: string): string {
  const digits = card.replace(/[^0-9]/g, '')
  const groups = digits.length === 14 || digits.length === 15 ? /^(.{4})(.{6})(.*)$/ : /.{1,4}/g
  const parts = groups.global ? digits.match(groups) : groups.exec(digits)?.slice(1)
  return (parts ?? []).join(gap)
}

function row(name: string, scored: readonly Labelled[]): string {
  return `  ${name.padEnd(22)} ${shown(measures(countAt(scored, THRESHOLD)))}`
}

function shown({ precision, recall, f1 }: ReturnType<typeof measures>): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  return `precision ${percent(precision)}, recall ${percent(recall)}, F1 ${percent(f1)}`
}

/**
 * Presidio Analyzer as it comes (rules and spaCy), counted by tokens over all 1,500 texts of which these are a part: its authors'
 * own record, microsoft/presidio-research, notebooks/experiment_20221213-145441.json.
 */
const PUBLISHED_PERSONAL: Readonly<Record<string, { readonly precision: number; readonly recall: number }>> =
  {
    CREDIT_CARD: { precision: 1, recall: 0.772 },
    EMAIL_ADDRESS: { precision: 1, recall: 1 },
    IBAN_CODE: { precision: 1, recall: 0.952 },
    PHONE_NUMBER: { precision: 0.937, recall: 0.549 },
  }

/** Not measured on these very texts: NotInject and the others are benchmarks of the paper that made them. */
const PUBLISHED_INJECTION: readonly string[] = [
  'PIGuard (DeBERTa, 184 MB) 87.3 % right on NotInject, 83.5 % on average over benign, malicious and NotInject;',
  'earlier guard models about 60 % and less on NotInject (Li et al., arXiv 2410.22770)',
]

if (import.meta.main) {
  const corpora = process.env['PARAPET_CORPORA']
  if (corpora === undefined) console.log('no corpora: set PARAPET_CORPORA to their folder')
  else await texts(corpora, console.log)
}
