import { describe, expect, test } from 'vitest'
import { compile } from '../../pipeline.ts'
import { source } from '../../source.ts'
import { CELLS_MAX, Cells } from '../cells.ts'
import { createJudge } from '../create.ts'
import { describeLine } from '../describe.ts'
import { step } from '../plans.fixture.ts'

const HEAD = `policy "T" version 1
agent clerk { may spawn model, small  may answer customer  LIMIT }
agent boss { may spawn model  at most 9 USD per conversation }
`
const HOUR = 3_600_000
const spends = (amount: number, tokens = 10) => step('', { amount, tokens }, { kind: 'spends' })
const starts = (more = {}) => step('model', {}, { kind: 'spawns', ...more })

describe.each(['generated', 'interpreted'] as const)('a budget of what is spent (%s)', (engine) => {
  const having = (amounts: readonly number[], limit: string, rest = '') => {
    const { plan } = compile(source(HEAD.replace('LIMIT', limit) + rest))
    const judge = createJudge(plan!, { engine })
    const cells = new Cells()
    for (const amount of amounts) judge.advance(cells, spends(amount))
    return (next = starts()) => describeLine(judge.decide(cells, next))
  }
  const LIMIT = 'at most 0.10 USD per conversation'

  test('that is overdrawn lets nothing start that would spend more', () => {
    expect(having([0.06, 0.07], LIMIT)()).toBe(
      'denied: limit of clerk: 0.13 USD spent already, at most 0.10 USD',
    )
    expect(having([0.06, 0.04], LIMIT)()).toBe('allowed')
  })

  test('keeps nobody else from starting, and nobody from answering', () => {
    const say = having([0.2], LIMIT)
    expect(say(starts({ agent: 'boss', actor: 'c/boss' }))).toBe('allowed')
    expect(say(step('', { text: 'sorry' }, { kind: 'answers', peer: 'customer' }))).toBe('allowed')
  })

  test('of which a full conversation can keep nothing lets nothing start either', () => {
    const { plan } = compile(source(HEAD.replace('LIMIT', LIMIT)))
    const cells = new Cells(new Map(Array.from({ length: CELLS_MAX }, (_, at) => [`other:${at}`, 1])))
    expect(createJudge(plan!, { engine }).decide(cells, starts()).reasons).toMatchObject([
      { check: 'limit of clerk', outcome: 'unknown', action: 'deny' },
    ])
  })

  test('counts tokens and windows as well, and says when it may go on', () => {
    const tokens = 'consistency "Tokens" { total tokens of spends at most 15 in any 1 hour }'
    const say = having([0, 0], '', tokens)
    expect(say()).toBe('denied: Tokens: 20 spent already within 1 hour, at most 15')
    expect(say(starts({ at: starts().at + 2 * HOUR }))).toBe('allowed')
  })

  test('of some spending only speaks against none of it beforehand', () => {
    const dear = 'consistency "Dear" { total amount of (anyone spends and tokens > 5) at most 0.1 USD }'
    expect(having([0.2], LIMIT.replace('0.10', '1'), dear)()).toBe('allowed')
  })
})
