import { describe, expect, test } from 'vitest'
import { Cells } from '#dsl/judge/cells.ts'
import type { Step } from '#dsl/judge/step.ts'
import type { TestStep } from '#dsl/plan/plan.ts'
import { loadJudge } from './policy.ts'

const judge = loadJudge()

describe('the desk’s policy', () => {
  test.each(judge.plan.tests)('$name', ({ given, when, startsAt = 0, expect: expected }) => {
    const cells = new Cells()
    let turn = 1
    const place = ({ atMs, sameTurn, actor, ...step }: TestStep): Step => ({
      ...step,
      actor: actor ?? step.agent,
      conversation: 'test',
      turn: sameTurn ? turn : ++turn,
      at: startsAt + atMs,
    })
    for (const step of given) judge.advance(cells, place(step))
    const { kind, reasons, asks } = judge.decide(cells, place(when))
    expect({ kind, reasons: reasons.map((r) => `${r.check}: ${r.found}`) }).toMatchObject({
      kind: expected.kind,
    })
    if (expected.because !== undefined) expect(reasons.map((r) => r.check)).toContain(expected.because)
    if (expected.who !== undefined) expect(asks.map((a) => a.who)).toContain(expected.who)
  })
})
