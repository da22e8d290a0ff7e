/**
 * `node examples/09-trial-data/measure.ts [SEEDS]`: how much of the reading the policy takes off people, and what slips through it,
 * over seeded mistakes; beside it what parts of the policy do alone.
 */
import { cached } from '#runtime/evidence/cached.ts'
import { offlineEmbedder } from '#runtime/evidence/offline.ts'
import { readTrial } from './records.ts'
import { judgeOf, policyText, type Run, run } from './trial.ts'

const seeds = Number(process.argv[2] ?? 20)
/** Of records that get a mistake. */
const SHARE = 0.15
const trial = readTrial()
const embedder = cached(offlineEmbedder())
const texts = [...new Set(trial.events.flatMap(({ reported, coded }) => [reported, coded]))]
const embedded = await embedder.embed(texts, new AbortController().signal)
if (embedded.kind === 'failed') throw new Error(embedded.why)

const text = policyText()
const WORDING =
  /\(validator calls accept and not \(reported resembles coded over 0\.9\)\) needs an earlier accepting/
const CONSISTENCY = /consistency "A new wording[^}]*}/
if (!WORDING.test(text) || !CONSISTENCY.test(text))
  throw new Error('the policy has changed: so must its variants')
const over = (threshold: number) => text.replace('over 0.9', `over ${threshold}`)

const variants: readonly (readonly [string, string])[] = [
  ['rules alone, nothing read', text.replace(CONSISTENCY, '')],
  [
    'rules; what does not resemble is read',
    text.replace(
      CONSISTENCY,
      'rule "Read" { when validator calls accept and not (reported resembles coded over 0.9) then deny remedy "Have a coder read it." }',
    ),
  ],
  ['rules; new wordings are read', text.replace(WORDING, 'accept needs an earlier accepting')],
  ...[0.7, 0.8, 0.85, 0.9].map((threshold) => [`all of it, over ${threshold}`, over(threshold)] as const),
]

const sum = (runs: readonly Run[], of: (run: Run) => number) =>
  runs.reduce((total, run) => total + of(run), 0)
const all = ({ missed }: Run) => [...missed.values()].reduce((total, count) => total + count, 0)
const percent = (share: number) => `${(share * 100).toFixed(1)} %`

console.log(
  `${trial.events.length} adverse events, ${seeds} seeds, mistakes in ${percent(SHARE)} and those published`,
)
console.log(`${''.padEnd(40)}   recall  read by people  reading saved  right ones returned  missed`)
for (const [name, policy] of variants) {
  const judge = judgeOf(policy)
  const runs: Run[] = []
  for (let seed = 1; seed <= seeds; seed++) runs.push(await run(trial, judge, embedder, seed, SHARE))
  const records = sum(runs, ({ records }) => records)
  const read = sum(runs, ({ read }) => read) / records
  const missed = new Map<string, number>()
  for (const run of runs)
    for (const [what, count] of run.missed) missed.set(what, (missed.get(what) ?? 0) + count)
  console.log(
    name.padEnd(40),
    percent(1 - sum(runs, all) / sum(runs, ({ wrong }) => wrong)).padStart(8),
    percent(read).padStart(15),
    percent(1 - read).padStart(14),
    percent(sum(runs, ({ returned }) => returned) / (records - sum(runs, ({ wrong }) => wrong))).padStart(20),
    ` ${[...missed].map(([what, count]) => `${what} ${count}`).join(', ')}`,
  )
}
