import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compile } from '../../pipeline.ts'
import { source } from '../../source.ts'
import { Cells } from '../cells.ts'
import { createJudge } from '../create.ts'
import { describeLine } from '../describe.ts'
import type { Judge } from '../judge.ts'
import type { JsonObject, Step, StepKind } from '../step.ts'

const VOCABULARY = `policy "P" version 1.0
tool pay(to: anything, amount: anything, optional, note: text, optional) { external }
tool post(text: text) { external }
tool mail(to: text, body: text) { external }
tool contacts() returns list of { name: text, account: text } { reads only }
tool read_file(path: text) returns anything { reads only }
tool patients() returns list of { name: text, diagnosis: text, phone: text } { reads only }
message question { text: text }
message release { label: text }
agent clerk {
  may call pay, post, mail, contacts, read_file, patients
  may receive question from customer
  may receive release from dpo
}
`

function judgeOf(flows: string, engine: 'generated' | 'interpreted' = 'generated'): Judge {
  const { plan, diagnostics } = compile(source(VOCABULARY + flows, 'p.parapet'))
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return createJudge(plan, { engine })
}

let at = 0
function step(kind: StepKind, name: string, fields: JsonObject, peer?: string): Step {
  at += 1_000
  return {
    kind,
    agent: 'clerk',
    actor: 'c/clerk',
    conversation: 'c',
    turn: 1,
    at,
    name,
    fields,
    ...(peer !== undefined && { peer }),
  }
}
const says = (text: string): Step => step('receives', 'question', { text }, 'customer')
const gives = (name: string, value: JsonObject[string]): Step => step('result', name, { value })
const pays = (to: JsonObject[string], more: JsonObject = {}): Step => step('calls', 'pay', { to, ...more })

/** The verdict on the last step after the others were let through. */
function judged(judge: Judge, ...steps: readonly Step[]) {
  const cells = new Cells()
  for (const one of steps.slice(0, -1)) judge.advance(cells, one)
  return judge.decide(cells, steps.at(-1)!)
}

const PAYEES = 'flow "Payees" { to of pay comes only from customer or account of contacts, "self" }'

describe('a value that may come only from some sources', () => {
  const judge = judgeOf(PAYEES)

  test.each([
    ['quoted', 'Pay DE89370400440532013000 today', 'DE89370400440532013000'],
    ['in other case', 'pay de89370400440532013000', 'DE89370400440532013000'],
    ['in blocks there', 'pay DE89 3704 0044 0532 0130 00 please', 'DE89370400440532013000'],
    ['in blocks here', 'pay DE89370400440532013000', 'DE89 3704 0044 0532 0130 00'],
    ['with other white space', 'to Anna   Maria\nSmith', 'Anna Maria Smith'],
    ['with other punctuation', 'to Smith, Anna-Maria!', 'smith anna maria'],
    ['a part of a longer text', 'my sister anna@example.com is waiting', 'anna@example.com'],
    ['a link without its scheme', 'see https://www.example.com/a', 'www.example.com/a'],
    ['wrapped in JSON', '{"account": "AB-12-9"}', 'AB-12-9'],
    ['a number with grouping', 'pay 1,000.00 to him', 1000],
    ['a number in another country’s spelling', 'pay 1.234,50', '1234.5'],
    ['a plain number', 'pay 12', 12],
    ['a date in words', 'on May 15th, 2024', '2024-05-15'],
    ['a date, the day first', 'am 15.05.2024', '2024-05-15'],
    ['a time, date and hour apart', 'on 2024-05-20 at 10:00', '2024-05-20 10:00'],
    ['with full-width and invisible letters', 'pay ＡＢ\u200b１２９', 'AB129'],
    ['several, each from somewhere', 'pay AB129 and CD345', ['AB129', 'CD345']],
    ['a record, each part from somewhere', 'pay AB129, Anna', { account: 'AB129', name: 'Anna' }],
    ['a constant of the policy', 'pay', 'Self'],
    ['nothing at all', 'pay', ['', ' \u200b', null, true]],
  ])('is followed: %s', (_, said, value) => {
    expect(judged(judge, says(said), pays(value)).kind).toBe('allow')
  })

  test.each([
    ['a part of a word', 'account AB129', 'B12'],
    ['other digits', 'account AB129', 'AB128'],
    ['words in another order', 'to Anna Maria Smith', 'Smith Maria Anna'],
    ['one of several', 'pay AB129', ['AB129', 'CD345']],
    ['one part of a record', 'pay AB129', { account: 'AB129', name: 'Eve' }],
    ['another number', 'pay 1,000.00', 100],
    ['signs that nobody can follow', 'pay ★★★', '★★★'],
    ['one of several that is signs alone', 'pay AB129', ['AB129', '🏴']],
  ])('is not claimed: %s', (_, said, value) => {
    expect(judged(judge, says(said), pays(value)).kind).toBe('deny')
  })

  test('is refused with where it was first seen', () => {
    const verdict = judged(judge, says('pay the bill'), gives('read_file', 'To: EV1L99'), pays('EV1L99'))
    expect(describeLine(verdict)).toBe(
      'denied: Payees: `EV1L99` in `to` was first seen in result of read_file, and does not occur in customer or account of contacts or "self"',
    )
    expect(verdict.reasons[0]?.values).toEqual({ to: 'EV1L99' })
    expect(verdict.reasons[0]?.next[0]?.say).toBe('call `contacts` first')
    expect(verdict.reasons[0]?.checkKind).toBe('flow')
  })

  test('of signs alone, is refused for what it is', () => {
    expect(describeLine(judged(judge, says('pay'), pays('★★★')))).toBe(
      'denied: Payees: `★★★` in `to` is signs alone, and nobody can tell where they come from',
    )
    const own = judgeOf('flow "Own" { note of pay comes only from customer or the agent itself }')
    expect(judged(own, says('pay'), pays('A', { note: '👍' })).kind).toBe('allow')
  })

  test('is refused when it was seen nowhere', () => {
    expect(judged(judge, says('pay'), pays('ZZ9')).reasons[0]?.found).toContain(
      'nor in anything else that was read',
    )
  })

  test('is taken from the one field that was named', () => {
    const list = [{ name: 'EV1L99', account: 'AB129' }]
    expect(judged(judge, gives('contacts', list), pays('AB129')).kind).toBe('allow')
    expect(judged(judge, gives('contacts', list), pays('EV1L99')).kind).toBe('deny')
  })

  test('stays good when something else says it too', () => {
    expect(judged(judge, gives('read_file', 'AB129'), says('pay AB129'), pays('AB129')).kind).toBe('allow')
  })

  test('may be the agent’s own where that is written, and never what others said', () => {
    const own = judgeOf('flow "F" { to of pay comes only from customer or the agent itself }')
    expect(judged(own, says('pay'), pays('rent')).kind).toBe('allow')
    expect(judged(own, says('pay'), pays('…')).kind).toBe('allow')
    expect(judged(own, says('pay'), gives('read_file', 'EV1L99'), pays('EV1L99')).kind).toBe('deny')
  })

  test('may be followed by its links alone', () => {
    const links = judgeOf('flow "F" { links in body of mail comes only from customer }')
    const mail = (body: string): Step => step('calls', 'mail', { to: 'x', body })
    const page = gives('read_file', 'Visit www.evil.example now')
    expect(judged(links, says('see www.example.com'), page, mail('Read this: www.example.com.')).kind).toBe(
      'allow',
    )
    expect(judged(links, says('hi'), page, mail('No links here, e.g. none.')).kind).toBe('allow')
    expect(judged(links, says('hi'), page, mail('Visit www.evil.example')).kind).toBe('deny')
  })

  test('may end as the policy says', () => {
    const own = judgeOf(
      'flow "F" { to of mail comes only from customer or anything that ends with "@example.com" }',
    )
    const mail = (to: string): Step => step('calls', 'mail', { to, body: '' })
    expect(judged(own, mail('anna@Example.com')).kind).toBe('allow')
    expect(judged(own, mail('anna@example.com.evil.test')).kind).toBe('deny')
  })

  test('is asked about where that is written', () => {
    const asking = judgeOf(
      'flow "F" { to of pay comes only from customer  otherwise ask boss within 1 hour }',
    )
    const cells = new Cells()
    expect(asking.decide(cells, pays('AB129')).kind).toBe('ask')
    expect(asking.decide(cells, pays('AB129'), { approved: ['F'] }).kind).toBe('allow')
  })
})

describe('what has a label', () => {
  const LABEL = 'label private on results of patients\n'
  const judge = judgeOf(
    `flow "F" { ${LABEL} private never reaches post, body of mail unless released by dpo }`.replace(
      'post, body of mail',
      'post',
    ),
  )
  const ward = gives('patients', [
    {
      name: 'Mary Poe',
      diagnosis: 'acute appendicitis with complications since monday',
      phone: '+1 555 010 2030',
    },
  ])
  const post = (text: string): Step => step('calls', 'post', { text })

  test.each([
    ['a name', 'Please pray for Mary Poe!'],
    ['a number', 'Call 555-010-2030'],
    ['some words in a row', 'She has acute appendicitis, with complications, since then'],
  ])('does not get out: %s', (_, text) => {
    expect(judged(judge, ward, post(text)).kind).toBe('deny')
  })

  test('does not stop what has nothing of it', () => {
    expect(judged(judge, ward, post('The canteen opens at noon on Monday.')).kind).toBe('allow')
    expect(judged(judge, post('Please pray for Mary Poe!')).kind).toBe('allow')
  })

  test('is no secret if someone else said it first', () => {
    expect(judged(judge, says('My aunt is Mary Poe'), ward, post('Greetings to Mary Poe')).kind).toBe('allow')
  })

  test('stays a secret if something repeats it', () => {
    expect(judged(judge, ward, gives('read_file', 'Mary Poe'), post('Mary Poe')).kind).toBe('deny')
  })

  test('gets out once it was released by the one who may', () => {
    const release = step('receives', 'release', { label: 'private' }, 'dpo')
    expect(judged(judge, ward, release, post('Mary Poe')).kind).toBe('allow')
    expect(
      judged(judge, ward, step('receives', 'release', { label: 'other' }, 'dpo'), post('Mary Poe')).kind,
    ).toBe('deny')
    expect(
      judged(judge, ward, step('receives', 'release', { label: 'private' }, 'customer'), post('Mary Poe'))
        .kind,
    ).toBe('deny')
  })

  test('stops everything once it was read, where not even reworded may pass', () => {
    const strict = judgeOf(`flow "F" { ${LABEL} private never reaches post even reworded }`)
    expect(judged(strict, says('hi'), post('hello')).kind).toBe('allow')
    expect(judged(strict, ward, post('hello')).kind).toBe('deny')
  })
})

describe('the memory of a conversation', () => {
  const judge = judgeOf(PAYEES)
  const words = fc.array(fc.stringMatching(/^[a-z]{2,6}[0-9]{0,3}$/), { minLength: 1, maxLength: 12 })
  const happenings = fc.array(
    fc.record({ from: fc.constantFrom('customer', 'file'), words, kept: fc.boolean() }),
    { minLength: 1, maxLength: 12 },
  )
  const stepFor = (one: { from: string; words: readonly string[] }): Step =>
    one.from === 'customer' ? says(one.words.join(' ')) : gives('read_file', one.words.join(' '))

  test('agrees with a search of all that was said', () => {
    fc.assert(
      fc.property(happenings, words, fc.nat(), (said, other, pick) => {
        const cells = new Cells()
        for (const one of said) {
          const mark = cells.mark()
          judge.advance(cells, stepFor(one))
          if (!one.kept) cells.rollback(mark)
        }
        const chosen = said[pick % said.length]!.words
        for (const value of [chosen.slice(0, 3), chosen.slice(-1), other.slice(0, 3)].map((one) =>
          one.join(' '),
        )) {
          const told = said.some(
            (one) => one.kept && one.from === 'customer' && ` ${one.words.join(' ')} `.includes(` ${value} `),
          )
          expect(judge.decide(cells, pays(value)).kind).toBe(told ? 'allow' : 'deny')
        }
      }),
      { numRuns: 300 },
    )
  })

  test('survives a restart as JSON, and its deltas make it again', () => {
    fc.assert(
      fc.property(happenings, words, (said, value) => {
        const live = new Cells()
        const replayed = new Cells()
        for (const one of said) {
          const mark = live.mark()
          judge.advance(live, stepFor(one))
          replayed.apply(JSON.parse(JSON.stringify(live.since(mark))))
          live.settle()
        }
        const fresh = judgeOf(PAYEES, 'interpreted')
        for (const text of [value.join(' '), said[0]!.words.join(' ')])
          expect(fresh.decide(replayed, pays(text))).toEqual(judge.decide(live, pays(text)))
      }),
      { numRuns: 100 },
    )
  })

  test('adds nothing for what was said before', () => {
    const cells = new Cells()
    judge.advance(cells, says('the same words again and again'))
    const size = cells.size
    const mark = cells.mark()
    for (let i = 0; i < 50; i++) judge.advance(cells, says('the same words again and again'))
    expect(cells.size).toBe(size)
    expect(cells.since(mark)).toEqual([])
  })

  test('does not know what no longer fits, and then refuses', () => {
    const cells = new Cells()
    for (let i = 0; i < 12; i++)
      judge.advance(
        cells,
        gives('read_file', Array.from({ length: 19_000 }, (_, n) => `w${i}x${n}`).join(' ')),
      )
    const verdict = judge.decide(cells, pays('AB129'))
    expect(verdict.kind).toBe('deny')
    expect(verdict.reasons[0]?.outcome).toBe('unknown')
  })

  test('is told by explain', () => {
    const cells = new Cells()
    judge.advance(cells, says('pay AB129'))
    const { checks } = judge.explain(cells, pays('AB129'))
    expect(checks.find(({ checkKind }) => checkKind === 'flow')).toMatchObject({
      check: 'Payees',
      outcome: 'quiet',
      state: 'every value occurs in customer or account of contacts or "self"',
    })
  })
})

test('both engines say the same', () => {
  const text = `${PAYEES} flow "G" { label p on results of patients  p never reaches post }`
  const [one, two] = [judgeOf(text), judgeOf(text, 'interpreted')]
  const ward = gives('patients', [{ name: 'Mary Poe', diagnosis: 'flu', phone: '1' }])
  for (const last of [pays('AB129'), pays('x'), step('calls', 'post', { text: 'Mary Poe' })])
    expect(judged(one, says('AB129'), ward, last)).toEqual(judged(two, says('AB129'), ward, last))
})
