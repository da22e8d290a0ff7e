/** What a step costs with ten and with a thousand rules loaded of which only five apply, and what each that applies adds. */
import { Cells } from '../../dsl/judge/cells.ts'
import { createJudge } from '../../dsl/judge/create.ts'
import type { Judge } from '../../dsl/judge/judge.ts'
import type { Step } from '../../dsl/judge/step.ts'
import { compile } from '../../dsl/pipeline.ts'
import { source } from '../../dsl/source.ts'

const STEPS = 100_000
const ROUNDS = 11

export function compareMany(): void {
  const few = desk(5, 5)
  const many = desk(5, 995)
  const [ten, thousand] = together([few, many])
  console.log(
    `\nFive rules apply; ten loaded ${ten!.toFixed(0)} ns, a thousand ${thousand!.toFixed(0)} ns (${ratio(thousand!, ten!)} ×)`,
  )
  const [none, fifty] = together([desk(0, 0), desk(50, 0)])
  console.log(`Each rule that applies adds ${((fifty! - none!) / 50).toFixed(1)} ns (50 on top of none)`)
}

/** `applying` rules about the call that is judged, and `others` about tools of their own. */
function desk(applying: number, others: number): Judge {
  const tools = Array.from({ length: others }, (_, i) => `tool other_${i}(amount: number)`)
  const about = (tool: string, i: number) =>
    `rule "${tool} ${i}" { when clerk calls ${tool} and amount > ${1_000 + i} then deny }`
  const text = [
    'policy "Many" version 1.0',
    'tool pay(amount: number)',
    ...tools,
    'agent clerk { may call anything }',
    ...Array.from({ length: applying }, (_, i) => about('pay', i)),
    ...Array.from({ length: others }, (_, i) => about(`other_${i}`, i)),
  ].join('\n')
  const { plan, diagnostics } = compile(source(text, 'many.parapet'))
  if (plan === undefined) throw new Error(diagnostics[0]?.message)
  return createJudge(plan)
}

/** Nanoseconds a step, in turns, so that all meet the same machine. */
function together(judges: readonly Judge[]): number[] {
  const steps = Array.from({ length: 1_000 }, (_, i): Step => {
    const step = {
      kind: 'calls',
      agent: 'clerk',
      actor: 'clerk',
      conversation: 'c',
      turn: i,
      at: i,
      name: 'pay',
    }
    return JSON.parse(JSON.stringify({ ...step, fields: { amount: i % 900 } }))
  })
  const cells = new Cells()
  const times = judges.map((): number[] => [])
  for (let round = 0; round < ROUNDS + 3; round++)
    for (const [which, judge] of judges.entries()) {
      const start = process.hrtime.bigint()
      for (let i = 0; i < STEPS; i++)
        if (judge.judge(cells, steps[i % steps.length]!).kind !== 'allow') throw new Error('refused')
      if (round >= 3) times[which]!.push(Number(process.hrtime.bigint() - start) / STEPS)
    }
  return times.map((list) => list.sort((a, b) => a - b)[list.length >> 1]!)
}

const ratio = (a: number, b: number): string => (a / b).toFixed(2)
