import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compile } from '../pipeline.ts'
import { source } from '../source.ts'
import { Cells } from './cells.ts'
import { createJudge } from './create.ts'
import type { Judge } from './judge.ts'
import { repairStep } from './repair.ts'
import { countAttempts } from './retries.ts'
import type { Step } from './step.ts'

function judgeOf(rules: string, engine: 'generated' | 'interpreted' = 'generated'): Judge {
  const text = `policy "P" version 1.0
tool pay(order: text, amount: money in USD) { external }
tool park(order: text, amount: money in USD)
message note { text: text, lines: list of text }
agent clerk { may call pay, park  may send note to boss, desk  may answer customer, visitor }
agent boss { may answer customer }
agent desk { may answer customer }
${rules}`
  const { plan, diagnostics } = compile(source(text, 'p.parapet'))
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join('; '))
  return createJudge(plan, { engine })
}

function step(part: Partial<Step>): Step {
  return {
    kind: 'answers',
    agent: 'clerk',
    actor: 'c/clerk',
    conversation: 'c',
    turn: 1,
    at: 0,
    name: '',
    fields: {},
    ...(part.kind === undefined && { peer: 'customer' }),
    ...part,
  }
}

const says = (text: string) => step({ fields: { text } })
const pays = (amount: number, order = '1') => step({ kind: 'calls', name: 'pay', fields: { order, amount } })

describe.each(['generated', 'interpreted'] as const)('%s', (engine) => {
  test('a text is cut by characters, not by halves of them', () => {
    const judge = judgeOf(
      'rule "R" { when clerk answers and length of text > 3 then trim text to 3 characters }',
      engine,
    )
    const verdict = judge.decide(new Cells(), says('a😀b😀c'))
    expect(verdict.kind).toBe('repair')
    const cut = repairStep(says('a😀b😀c'), verdict.repairs)
    expect(cut.fields).toEqual({ text: 'a😀b' })
    expect(judge.decide(new Cells(), cut).kind).toBe('allow')
  })

  test('of two cuts the smaller one is left, in either order', () => {
    const rule = (name: string, most: number) =>
      `rule "${name}" { when clerk sends note then trim lines to ${most} items }`
    for (const rules of [rule('A', 3) + rule('B', 1), rule('A', 1) + rule('B', 3)]) {
      const said = step({
        kind: 'sends',
        name: 'note',
        peer: 'boss',
        fields: { text: '', lines: ['a', 'b', 'c', 'd'] },
      })
      const { repairs } = judgeOf(rules, engine).decide(new Cells(), said)
      expect(repairStep(said, repairs).fields).toEqual({ text: '', lines: ['a'] })
    }
  })

  test('what a detector finds is replaced, the rest of the text stays', () => {
    const judge = judgeOf(
      'rule "R" { when clerk answers and text contains email_address then replace email_address in text with "[mail]" }',
      engine,
    )
    const said = says('Write to ann@example.com today.')
    expect(repairStep(said, judge.decide(new Cells(), said).repairs).fields).toEqual({
      text: 'Write to [mail] today.',
    })
  })

  test('nothing of it is left standing, whatever folding takes out of the text before or behind it', () => {
    const judge = judgeOf(
      'rule "R" { when clerk answers and text contains card_number then redact card_number in text }',
      engine,
    )
    // One becomes two letters, one vanishes, one joins the letter before it, one is another case of two letters.
    const odd = fc.array(fc.constantFrom('ﬁ', '\u200b', 'e\u0301', 'ß', 'İ', 'x', '😀', ' '), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(odd, odd, (before, behind) => {
        const text = `${before.join('')} 4111 1111 1111 1111 ${behind.join('')}`
        const { kind, repairs } = judge.decide(new Cells(), says(text))
        expect(kind).toBe('repair')
        expect(String(repairStep(says(text), repairs).fields['text'])).not.toMatch(/[0-9]/)
      }),
    )
  })

  test('two rules that want one field otherwise are a denial that names both', () => {
    const judge = judgeOf(
      'rule "A" { when clerk answers then replace text with "a" } rule "B" { when clerk answers then set text to "b" }',
      engine,
    )
    const verdict = judge.decide(new Cells(), says('x'))
    expect(verdict.kind).toBe('deny')
    expect(verdict.reasons.at(-1)).toMatchObject({ check: 'B', action: 'deny' })
    expect(verdict.reasons.at(-1)!.found).toContain('"A" wants it changed in another way')
  })

  test('two rules that want the same go together', () => {
    const judge = judgeOf(
      'rule "A" { when clerk answers then replace text with "a" } rule "B" { when clerk answers then set text to "a" }',
      engine,
    )
    expect(judge.decide(new Cells(), says('x')).kind).toBe('repair')
    expect(judge.decide(new Cells(), says('a')).kind).toBe('allow')
  })

  test('an answer goes to somebody else, and is fine once it does', () => {
    const judge = judgeOf('rule "R" { when clerk answers then route to visitor }', engine)
    const routed = repairStep(says('x'), judge.decide(new Cells(), says('x')).repairs)
    expect(routed.peer).toBe('visitor')
    expect(judge.decide(new Cells(), routed).kind).toBe('allow')
  })

  test('a call becomes that of another tool, with other arguments if they are given', () => {
    const route = judgeOf('rule "R" { when clerk calls pay and amount > 5 USD then route to park }', engine)
    const routed = repairStep(pays(6), route.decide(new Cells(), pays(6)).repairs)
    expect(routed).toMatchObject({ name: 'park', fields: { order: '1', amount: 6 } })
    const fallBack = judgeOf(
      'rule "R" { when clerk calls pay and amount > 5 USD then fall back to call park with order = order, amount = amount / 2 }',
      engine,
    )
    const replaced = repairStep(pays(6), fallBack.decide(new Cells(), pays(6)).repairs)
    expect(replaced).toMatchObject({ name: 'park', fields: { order: '1', amount: 3 } })
  })

  test('other words leave smaller repairs nothing to do', () => {
    const judge = judgeOf(
      `rule "A" { when clerk answers and text contains "!" then trim text to 1 characters }
       rule "B" { when clerk answers and text contains "!" then fall back to "Sorry." }`,
      engine,
    )
    const { repairs } = judge.decide(new Cells(), says('No!'))
    expect(repairs).toEqual([{ kind: 'field', check: 'B', path: [], value: { text: 'Sorry.' } }])
  })
})

describe('retry', () => {
  const rules = `rule "Order" {
    when clerk calls pay and order is ""
    then retry with feedback "Name the order." at most 2 times, otherwise ask boss within 1 hour, otherwise deny
  }`
  const nameless = pays(1, '')

  test('is a denial with feedback, counted, and after the last attempt somebody is asked', () => {
    const judge = judgeOf(rules)
    const cells = new Cells()
    for (const attempt of [1, 2]) {
      const verdict = judge.judge(cells, nameless)
      expect(verdict.kind).toBe('deny')
      expect(verdict.reasons[0]!.retry).toMatchObject({ attempt, most: 2, feedback: 'Name the order.' })
      countAttempts(cells, verdict.reasons)
    }
    expect(judge.judge(cells, nameless)).toMatchObject({ kind: 'ask', asks: [{ who: 'boss' }] })
  })

  test('starts over when a step of that sort goes through, and counts each agent by itself', () => {
    const judge = judgeOf(rules)
    const cells = new Cells()
    const attempt = () => {
      const verdict = judge.judge(cells, nameless)
      countAttempts(cells, verdict.reasons)
      return verdict.reasons[0]!.retry?.attempt
    }
    expect(attempt()).toBe(1)
    const other = judge.judge(cells, { ...nameless, actor: 'c/other' })
    expect(other.reasons[0]!.retry?.attempt).toBe(1)
    expect(judge.judge(cells, pays(1)).kind).toBe('allow')
    expect(cells.size).toBe(0)
    expect(attempt()).toBe(1)
  })

  test('in shadow neither stops nor counts', () => {
    const judge = judgeOf(rules.replace('otherwise deny', 'otherwise deny mode shadow'))
    const cells = new Cells()
    const verdict = judge.decide(cells, nameless)
    countAttempts(cells, verdict.reasons)
    expect([verdict.kind, cells.size]).toEqual(['allow', 0])
  })
})
