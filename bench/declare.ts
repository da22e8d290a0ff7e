/**
 * The catalogue against recorded event logs. Models in Declare are written out in the policy language, compiled, and run over
 * the Sepsis log; verdicts and numbers of violations are compared with those of another checker, case by case. Then the
 * throughput over a larger log. The logs are not part of this repository: PARAPET_CORPORA names their folder.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Cells } from '../dsl/judge/cells.ts'
import { createJudge } from '../dsl/judge/create.ts'
import type { Judge } from '../dsl/judge/judge.ts'
import type { JsonObject, Step } from '../dsl/judge/step.ts'
import { compile } from '../dsl/pipeline.ts'
import { source } from '../dsl/source.ts'

interface Constraint {
  readonly text: string
  readonly template: string
  readonly activities: readonly string[]
  /** On the activation, on the target, and the time between them. */
  readonly condition: readonly string[]
  readonly n: number | null
}

interface Case {
  readonly id: string
  readonly events: readonly { readonly tool: string; readonly ts: string; readonly args: JsonObject }[]
}

/** `[activations, fulfilments, violations, pending, satisfied]` */
type Told = readonly [number | null, number | null, number | null, number | null, 0 | 1]

function lines<T>(path: string): T[] {
  const text = gunzipSync(readFileSync(path)).toString('utf8')
  return text.split('\n').flatMap((line): T[] => (line === '' ? [] : [JSON.parse(line)]))
}

// ---------------------------------------------------------------- Declare → policy

/**
 * How `is true` is read. The other checker compares the recorded truth value with the word "true", which never holds; here a truth
 * value is yes or no. Both readings are run: the first shows what the choice changes, the second that nothing else differs.
 */
type Reading = 'truth' | 'word'

function condition(written: string, reading: Reading): string {
  const said = written.replace(
    /\b[AT]\.([\w:]+) (is|>=|<=|>|<) ([^\s()]+)/g,
    (_, field: string, op: string, value: string) => {
      const name = `\`${field}\``
      if (reading === 'word' && (value === 'true' || value === 'false')) return '(1 = 2)'
      const right =
        value === 'true' ? 'yes' : value === 'false' ? 'no' : op === 'is' ? JSON.stringify(value) : value
      return `(${name} is present and ${name} ${op} ${right})`
    },
  )
  return said.replaceAll(/\bAND\b/g, 'and').replaceAll(/\bOR\b/g, 'or')
}

function stepOf(activity: string, where: string | undefined, reading: Reading): string {
  return where === undefined || where === ''
    ? `\`${activity}\``
    : `(\`${activity}\` and (${condition(where, reading)}))`
}

const UNITS: Readonly<Record<string, string>> = { s: 'seconds', m: 'minutes', h: 'hours', d: 'days' }

function patternOf(
  { template, activities, condition: [onA, onT, time], n }: Constraint,
  reading: Reading,
): string | undefined {
  const [first = '', second = ''] = activities
  const [least, most, unit = 's'] = (time ?? '').split(',')
  const apart =
    least === undefined || least === ''
      ? ''
      : ` at least ${least} ${UNITS[unit]} later within ${most} ${UNITS[unit]}`
  const [x, y] = [stepOf(first, onA, reading), stepOf(second, onT, reading)]
  switch (template) {
    case 'Existence':
      return `${x} at least ${n ?? 1} times`
    case 'Absence':
      // At most one less than the number that must not be reached.
      return `${x} at most ${(n ?? 1) - 1} times`
    case 'Exactly':
      return `${x} exactly ${n ?? 1} times`
    case 'Choice':
      return `\`${first}\` or \`${second}\` at least once`
    case 'Response':
      return `${x} is followed by ${y} before the end`
    case 'Alternate Response':
      return `${x} is followed by ${y} before another \`${first}\``
    case 'Chain Response':
      return `${x} is directly followed by ${y}${apart}`
    case 'Chain Precedence':
      // The activation is the second activity.
      return `${stepOf(second, onA, reading)} only directly after ${stepOf(first, onT, reading)}${apart}`
    default:
      return undefined
  }
}

function vocabulary(cases: readonly Case[]): string {
  const fields = new Map<string, Map<string, string>>()
  for (const { events } of cases) {
    for (const { tool, args } of events) {
      const known = fields.get(tool) ?? new Map<string, string>()
      fields.set(tool, known)
      for (const [name, value] of Object.entries(args))
        known.set(
          name,
          typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'yes or no' : 'text',
        )
    }
  }
  const all = new Map(Array.from(fields.values()).flatMap((known) => Array.from(known)))
  const params = Array.from(all, ([name, type]) => `\`${name}\`: ${type}, optional`).join(', ')
  const names = Array.from(fields.keys(), (name) => `\`${name}\``)
  return [
    'policy "Recorded" version 1.0',
    ...names.map((name) => `tool ${name}(${params})`),
    `agent hospital { may call ${names.join(', ')} }`,
  ].join('\n')
}

function judgeOf(cases: readonly Case[], model: readonly Constraint[], reading: Reading): Judge {
  // A breach is told and the step let through: the log has happened.
  const said = model.map((one, i) => `consistency "${i}" { ${patternOf(one, reading)}, otherwise warn }`)
  const text = `${vocabulary(cases)}\n${said.join('\n')}\n`
  const { plan, diagnostics } = compile(source(text, 'recorded.parapet'))
  if (plan === undefined) throw new Error(diagnostics.map((one) => `${one.code} ${one.message}`).join('\n'))
  return createJudge(plan)
}

function stepsOf({ id, events }: Case): Step[] {
  return events.map(({ tool, ts, args }, turn) => ({
    kind: 'calls',
    agent: 'hospital',
    actor: 'hospital',
    conversation: id,
    turn,
    at: Date.parse(ts),
    name: tool,
    fields: args,
  }))
}

/** Breaches of each constraint, in the steps and at the end. */
function breaches(judge: Judge, one: Case, count: number): number[] {
  const cells = new Cells()
  const found = Array.from({ length: count }, () => 0)
  for (const step of stepsOf(one)) {
    const verdict = judge.judge(cells, step)
    if (verdict.kind !== 'allow')
      throw new Error(`${one.id}: ${verdict.reasons[0]?.check} ${verdict.reasons[0]?.found}`)
    for (const { check } of verdict.reasons) found[Number(check)]! += 1
  }
  for (const { check } of judge.close(cells, Number.MAX_SAFE_INTEGER).obligations) found[Number(check)]! += 1
  return found
}

// ---------------------------------------------------------------- comparison

function compareModel(folder: string, name: string, cases: readonly Case[], reading: Reading): void {
  const model: Constraint[] = JSON.parse(readFileSync(join(folder, 'models', `${name}.json`), 'utf8'))
  const told = new Map(
    lines<{ id: string; r: Told[] }>(join(folder, 'expected', `${name}.jsonl.gz`)).map(({ id, r }) => [
      id,
      r,
    ]),
  )
  const judge = judgeOf(cases, model, reading)
  const tally = { verdicts: 0, sameVerdict: 0, counts: 0, sameCount: 0 }
  const differing = new Map<string, string>()
  for (const one of cases) {
    const expected = told.get(one.id)
    if (expected === undefined) continue
    const found = breaches(judge, one, model.length)
    model.forEach((constraint, i) => {
      const [, , violations, , satisfied] = expected[i]!
      const same = (found[i] === 0) === (satisfied === 1)
      tally.verdicts++
      if (same) tally.sameVerdict++
      else
        differing.set(
          constraint.text.slice(0, 80),
          `${one.id}: ${found[i]} breaches, told ${JSON.stringify(expected[i])}`,
        )
      if (violations === null) return
      tally.counts++
      if (violations === found[i]) tally.sameCount++
      else if (same)
        differing.set(`${constraint.text.slice(0, 80)} (count)`, `${one.id}: ${found[i]}, told ${violations}`)
    })
  }
  const share = (part: number, of: number) =>
    of === 0 ? 'none told' : `${part} of ${of} (${((100 * part) / of).toFixed(2)} %)`
  console.log(
    `${name.padEnd(30)} ${String(model.length).padStart(3)} constraints  verdicts ${share(tally.sameVerdict, tally.verdicts)}, violations ${share(tally.sameCount, tally.counts)}`,
  )
  for (const [text, where] of differing) console.log(`    differs: ${text}  e.g. ${where}`)
}

const THROUGHPUT: readonly Constraint[] = [
  ['Response', 'A_SUBMITTED', 'A_PARTLYSUBMITTED'],
  ['Chain Response', 'A_SUBMITTED', 'A_PARTLYSUBMITTED'],
  ['Chain Precedence', 'A_SUBMITTED', 'A_PARTLYSUBMITTED'],
  ['Alternate Response', 'O_SENT', 'O_CREATED'],
  ['Choice', 'A_ACCEPTED', 'A_DECLINED'],
  ['Exactly', 'A_SUBMITTED'],
  ['Absence', 'A_DECLINED'],
  ['Existence', 'A_PARTLYSUBMITTED'],
].map(([template = '', ...activities]) => ({
  text: template,
  template,
  activities,
  condition: [],
  n: template === 'Absence' ? 2 : 1,
}))

function throughput(folder: string): void {
  const cases = lines<Case>(join(folder, 'logs', 'bpic2012.jsonl.gz'))
  const judge = judgeOf(cases, THROUGHPUT, 'truth')
  const traces = cases.map(stepsOf)
  const events = traces.reduce((sum, steps) => sum + steps.length, 0)
  let best = 0
  for (let round = 0; round < 5; round++) {
    const start = process.hrtime.bigint()
    for (const steps of traces) {
      const cells = new Cells()
      for (const step of steps) {
        judge.judge(cells, step)
        cells.settle()
      }
      judge.close(cells, 0)
    }
    best = Math.max(best, events / (Number(process.hrtime.bigint() - start) / 1e9))
  }
  console.log(
    `bpic2012: ${events} events of ${cases.length} cases, ${THROUGHPUT.length} constraints at once: ${Math.round(best).toLocaleString('en')} events/s`,
  )
}

const corpora = process.env['PARAPET_CORPORA']
const folder = corpora === undefined ? undefined : join(corpora, 'eventlogs')
if (folder === undefined || !existsSync(folder)) {
  console.log('skipped: the event logs are not here; PARAPET_CORPORA names the folder that has eventlogs/')
} else {
  const sepsis = lines<Case>(join(folder, 'logs', 'sepsis.jsonl.gz'))
  const models = readdirSync(join(folder, 'models')).filter((file) => file.endsWith('.json'))
  for (const reading of ['truth', 'word'] as const) {
    console.log(
      reading === 'truth'
        ? 'true and false are truth values'
        : 'true and false are words, as in the other checker',
    )
    for (const file of models) compareModel(folder, file.replace('.json', ''), sepsis, reading)
  }
  throughput(folder)
}
