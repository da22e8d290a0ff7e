/**
 * The templates of Declare and Dwyer's patterns in their scopes: how each is said, its plan beside it, and traces it lets
 * through, refuses at their last step, or finds broken at the end. `UPDATE_GOLDEN=1` rewrites the plans.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Cells } from '../judge/cells.ts'
import { createJudge } from '../judge/create.ts'
import { step } from '../judge/plans.fixture.ts'
import { compile } from '../pipeline.ts'
import { printPlan } from '../plan/print.ts'
import { source } from '../source.ts'

const HERE = join(import.meta.dirname, 'declare')
const files = readdirSync(HERE).filter((file) => file.endsWith('.parapet'))

type Told = 'holds' | 'denied' | 'broken at the end'

describe.each(files)('%s', (file) => {
  const text = readFileSync(join(HERE, file), 'utf8')
  const { plan, diagnostics } = compile(source(text, file))
  const traces = Array.from(
    text.matchAll(/^# (holds|denied|broken at the end): (.*)$/gm),
    ([, told, trace]) => ({
      told: told as Told,
      trace: trace ?? '',
    }),
  )

  test('compiles to the plan beside it', () => {
    expect(diagnostics).toEqual([])
    const printed = plan === undefined ? '' : printPlan(plan)
    const says = printed.slice(printed.indexOf('consistency '))
    const path = join(HERE, file.replace('.parapet', '.txt'))
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, says)
    expect(says).toBe(readFileSync(path, 'utf8'))
  })

  test.each(traces)('$told: $trace', ({ told, trace }) => {
    const judge = createJudge(plan!)
    const cells = new Cells()
    const names = trace.split(' ')
    const verdicts = names.map(
      (name, i) => judge.judge(cells, step(name, {}, { at: 1_000 * i, turn: i })).kind,
    )
    const last = told === 'denied' ? 'deny' : 'allow'
    expect(verdicts).toEqual(names.map((_, i) => (i === names.length - 1 ? last : 'allow')))
    if (told === 'denied') return
    const broken = judge.close(cells, 1_000_000).obligations.length > 0
    expect(broken).toBe(told === 'broken at the end')
  })
})

test('there are traces of both sorts for each', () => {
  for (const file of files) {
    const text = readFileSync(join(HERE, file), 'utf8')
    expect([file, /^# holds:/m.test(text), /^# (denied|broken at the end):/m.test(text)]).toEqual([
      file,
      true,
      true,
    ])
  }
})
