import { expect, test } from 'vitest'
import { compile } from '../pipeline.ts'
import { source } from '../source.ts'
import { sizeOf } from './size.ts'

test('limits of agents are no consistencies, and a consistency that is called like one is', () => {
  const text = `policy "P" version 1
tool pay(amount: number)
agent clerk { may call pay may answer customer at most 40 steps per conversation }
consistency "limit of pay" { pay at most 9 times }
`
  const { plan, diagnostics } = compile(source(text, 'p.parapet'))
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(plan!.consistencies.map(({ name }) => name)).toContain('limit of clerk')
  expect(sizeOf(plan!)).toMatchObject({ agents: 1, tools: 1, rules: 0, consistencies: 1, flows: 0, tests: 0 })
})
