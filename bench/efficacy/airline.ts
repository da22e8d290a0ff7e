/**
 * The airline desk's policy over recorded conversations of another desk: of the writes that took effect, the share of
 * wrong ones that are denied or asked about, and the share of wrong ones among those stopped. As `parapet audit` judges.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createJudge } from '../../dsl/judge/create.ts'
import { LedgerBook } from '../../dsl/judge/ledger-book.ts'
import { compile } from '../../dsl/pipeline.ts'
import { source } from '../../dsl/source.ts'
import { readTraces } from '../../runtime/traces/read.ts'
import { traceLine } from '../../runtime/traces/trace-line.ts'
import { voiceFor } from '../../runtime/traces/voice.ts'

interface Recorded {
  readonly id: string
  readonly events: readonly {
    readonly seq: number
    readonly kind: string
    readonly write?: 'gold' | 'wrong_args' | 'extra'
    readonly effect?: boolean
  }[]
}

const POLICY = join(import.meta.dirname, '../../policies/airline/airline-desk.parapet')

export function airline(folder: string): void {
  const { plan } = compile(source(readFileSync(POLICY, 'utf8'), POLICY))
  if (plan === undefined) throw new Error('the policy does not compile')
  const judge = createJudge(plan)
  const file = join(folder, 'airline', 'traces.jsonl.gz')
  const text = gunzipSync(readFileSync(file)).toString('utf8')
  const chosen = voiceFor(plan, undefined, 'customer')
  if (chosen.kind !== 'voice') throw new Error(chosen.message)
  const startsAt = plan.tests.find((test) => test.startsAt !== undefined)?.startsAt ?? 0
  const read = readTraces(text, { file, format: 'events', voice: chosen.voice, startsAt })
  if (read.kind !== 'read') throw new Error(read.kind)
  const book = new LedgerBook(judge)
  const labels = text.split('\n').flatMap((line): Recorded[] => (line === '' ? [] : [JSON.parse(line)]))
  const tally = { wrong: 0, wrongStopped: 0, right: 0, rightStopped: 0 }
  const rules = new Map<string, { wrong: number; right: number }>()
  for (const [i, conversation] of read.conversations.entries()) {
    const bySeq = new Map(traceLine(judge, conversation, book).steps.map((step) => [step.seq, step]))
    for (const { seq, write, effect } of labels[i]?.events ?? []) {
      if (write === undefined || effect !== true) continue
      const side = write === 'gold' ? 'right' : 'wrong'
      const step = bySeq.get(seq)
      tally[side]++
      if (step === undefined || step.verdict === 'allow' || step.verdict === 'repair') continue
      tally[`${side}Stopped`]++
      for (const { rule, shadow } of step.reasons) {
        if (shadow === true) continue
        const counted = rules.get(rule) ?? { wrong: 0, right: 0 }
        counted[side]++
        rules.set(rule, counted)
      }
    }
  }
  print(tally, rules)
}

function print(
  tally: { wrong: number; wrongStopped: number; right: number; rightStopped: number },
  rules: ReadonlyMap<string, { wrong: number; right: number }>,
): void {
  const percent = (part: number, of: number) => (of === 0 ? 'none' : `${((100 * part) / of).toFixed(1)} %`)
  const { wrong, wrongStopped, right, rightStopped } = tally
  console.log(
    `wrong writes stopped ${wrongStopped} of ${wrong} (recall ${percent(wrongStopped, wrong)}), right ones ${rightStopped} of ${right} (precision ${percent(wrongStopped, wrongStopped + rightStopped)})`,
  )
  console.log(
    '“the user must confirm” alone, over all 200 conversations: 18 of 89 wrong and 16 of 88 right ones',
  )
  console.log('  wrong  right  check')
  const pad = (n: number) => String(n).padStart(7)
  for (const [rule, count] of [...rules].sort(([, a], [, b]) => b.wrong + b.right - a.wrong - a.right))
    console.log(`${pad(count.wrong)}${pad(count.right)}  ${rule}`)
}
