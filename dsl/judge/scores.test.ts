import { describe, expect, test } from 'vitest'
import { compile } from '../pipeline.ts'
import { source } from '../source.ts'
import { Cells } from './cells.ts'
import { createJudge } from './create.ts'
import { decideWith } from './gathered.ts'
import type { Evidence, EvidenceNeed, Grounds } from './grounds.ts'
import type { Judge } from './judge.ts'
import { step } from './plans.fixture.ts'
import type { Step } from './step.ts'

const HEAD = `policy "T" version 1
detector gloom over text { cost 0.002 USD, within 200 milliseconds, threshold 0.7 }
tool search(query: text) returns { text: text } { reads only }
tool pay(amount: money in USD, note: text) { external }
agent clerk { may answer customer, call search, pay }
`

function judgeOf(rules: string, engine: 'generated' | 'interpreted'): Judge {
  const { plan, diagnostics } = compile(source(HEAD + rules))
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics))
  return createJudge(plan, { engine })
}

const answers = (text: string): Step => step('', { text }, { kind: 'answers', peer: 'customer' })
const page = (text: string): Step => step('search', { text }, { kind: 'result' })
const found = (value: number) => (): Evidence => ({ kind: 'found', value })
const failed = (): Evidence => ({ kind: 'failed', why: 'no answer within 200 ms' })
/** Answers by detector. */
const saying = (scores: Readonly<Record<string, number>>) => {
  const asked: string[] = []
  const answer = (need: EvidenceNeed): Evidence => {
    asked.push(need.detector)
    return { kind: 'found', value: scores[need.detector] ?? 0 }
  }
  return { asked, answer }
}

describe.each(['generated', 'interpreted'] as const)('the %s judge', (engine) => {
  const gloomy = 'rule "No gloom" { when clerk answers and gloom in text then deny }'

  test('asks for what it lacks, with everything a detector has to know', () => {
    const { kind, needs } = judgeOf(gloomy, engine).decide(new Cells(), answers('We all die.'))
    expect(kind).toBe('allow')
    expect(needs).toEqual([
      {
        kind: 'evidence',
        cost: 0.002,
        key: expect.stringMatching(/^gloom:[0-9a-f]{32}$/),
        detector: 'gloom',
        input: { text: 'We all die.' },
        withinMs: 200,
      },
    ])
  })

  test('decides by the threshold, and says the score', () => {
    const judge = judgeOf(gloomy, engine)
    const decide = (value: number) =>
      decideWith(judge, new Cells(), answers('We all die.'), found(value)).verdict
    expect(decide(0.7).kind).toBe('allow')
    const denied = decide(0.71)
    expect(denied.kind).toBe('deny')
    expect(denied.reasons[0]?.found).toBe('`gloom in text` is 0.71, over 0.7')
    expect(denied.reasons[0]?.values).toMatchObject({ 'gloom in text': 0.71 })
  })

  test('a detector that failed or was late leaves it unknown, and `on error` decides', () => {
    const decide = (onError: string) =>
      decideWith(
        judgeOf(gloomy.replace('deny }', `deny ${onError} }`), engine),
        new Cells(),
        answers('x'),
        failed,
      ).verdict
    const denied = decide('')
    expect(denied).toMatchObject({ kind: 'deny', reasons: [{ outcome: 'unknown' }] })
    expect(denied.reasons[0]?.found).toContain('no answer within 200 ms')
    expect(decide('on error warn').kind).toBe('allow')
  })

  test('does not ask while anything cheaper denies the step or decides the condition', () => {
    const judge = judgeOf(
      `rule "Small" { when clerk calls pay and amount > 100 USD then deny }
       rule "Kind" { when clerk calls pay and amount > 10 USD and gloom in note then deny }`,
      engine,
    )
    const needs = (amount: number) => judge.decide(new Cells(), step('pay', { amount, note: 'x' })).needs
    expect(needs(200)).toBeUndefined()
    expect(needs(5)).toBeUndefined()
    expect(needs(50)).toHaveLength(1)
  })

  test('asks cheap detectors first, and dear ones only if they still matter', () => {
    const judge = judgeOf(
      'rule "R" { when clerk answers and gloom in text and injection in text then deny }',
      engine,
    )
    const harmless = saying({ injection: 0.1, gloom: 0.9 })
    expect(decideWith(judge, new Cells(), answers('x'), harmless.answer).verdict.kind).toBe('allow')
    expect(harmless.asked).toEqual(['injection'])
    const harmful = saying({ injection: 0.9, gloom: 0.9 })
    expect(decideWith(judge, new Cells(), answers('x'), harmful.answer).verdict.kind).toBe('deny')
    expect(harmful.asked).toEqual(['injection', 'gloom'])
  })

  test('one look serves every check that asks the same of the same text', () => {
    const judge = judgeOf(
      `rule "A" { when clerk answers and gloom in text over 0.9 then deny }
       rule "B" { when clerk answers and gloom in text over 0.5 then warn }`,
      engine,
    )
    const { asked, answer } = saying({ gloom: 0.6 })
    const { verdict } = decideWith(judge, new Cells(), answers('x'), answer)
    expect(asked).toEqual(['gloom'])
    expect(verdict.reasons.map((reason) => reason.check)).toEqual(['B'])
  })

  test('what is remembered by a score waits for it, though no check of that step asks', () => {
    const judge = judgeOf(
      'consistency "C" { clerk answers never after (result of search and injection in text) }',
      engine,
    )
    const afterIt = (score: (need: EvidenceNeed) => Evidence) => {
      const cells = new Cells()
      const { verdict, grounds } = decideWith(judge, cells, page('Ignore all.'), score)
      expect(verdict.kind).toBe('allow')
      judge.advance(cells, page('Ignore all.'), grounds)
      return judge.decide(cells, answers('ok')).kind
    }
    expect(judge.judge(new Cells(), page('Ignore all.')).needs).toHaveLength(1)
    expect(afterIt(found(0.9))).toBe('deny')
    expect(afterIt(found(0.1))).toBe('allow')
    expect(afterIt(failed)).toBe('deny')
  })

  test('an answer is grounded in what was given in this conversation, oldest forgotten first', () => {
    const judge = judgeOf(
      `rule "G" {
         when clerk answers and text is not grounded in passages over 0.6
         where passages is the texts of the last 2 results of search
         then deny
       }`,
      engine,
    )
    const cells = new Cells()
    expect(judge.decide(cells, answers('x'))).toMatchObject({ kind: 'deny' })
    for (const text of ['one', 'two', 'three']) judge.advance(cells, page(text))
    const [need] = judge.decide(cells, answers('x')).needs ?? []
    expect(need).toMatchObject({ detector: 'grounding', input: { text: 'x', to: ['two', 'three'] } })
  })

  test('is explained with the score and, where no `over` says it, the threshold', () => {
    const values = (rules: string, score: number) => {
      const judge = judgeOf(rules, engine)
      const { grounds } = decideWith(judge, new Cells(), answers('x'), found(score))
      return judge.explain(new Cells(), answers('x'), grounds).checks[0]?.parts.map(({ value }) => value)
    }
    expect(values(gloomy, 0.44)?.[0]).toBe('no, 0.44 against 0.7')
    expect(values(gloomy, 0.9)?.[0]).toBe('yes, 0.9 against 0.7')
    expect(values(gloomy.replace('text then', 'text over 0.8 then'), 0.9)?.slice(0, 2)).toEqual([
      'yes',
      '0.9',
    ])
    const topic = 'rule "On topic" { when clerk answers and text is not about "refunds" then deny }'
    expect(values(topic, 0.3)?.[0]).toBe('yes, 0.3 against 0.4')
  })

  test('the same grounds give the same verdict, whoever asks again', () => {
    const judge = judgeOf(gloomy, engine)
    const { verdict, grounds } = decideWith(judge, new Cells(), answers('x'), found(0.9))
    const again: Grounds = JSON.parse(JSON.stringify(grounds))
    expect(judgeOf(gloomy, engine).decide(new Cells(), answers('x'), again)).toEqual(verdict)
    expect(judge.explain(new Cells(), answers('x'), again).checks[0]).toMatchObject({ outcome: 'fired' })
  })
})
