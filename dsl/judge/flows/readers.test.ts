import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compile } from '../../pipeline.ts'
import { source } from '../../source.ts'
import { Cells } from '../cells.ts'
import { createJudge } from '../create.ts'
import type { Judge } from '../judge.ts'
import type { JsonObject, Step, StepKind } from '../step.ts'
import { LISTS_MAX, NAMES_MAX } from './readership.ts'

const VOCABULARY = `policy "P" version 1.0
schema Doc { id: text  text: text  readers: list of text  owner: text }
tool read(id: text) returns Doc { reads only }
tool inbox() returns list of { body: text, to: list of text } { reads only }
tool pay(to: anything, amount: number, optional, note: text) { external }
message question { text: text }
message release { label: text }
agent clerk {
  may call read, inbox, pay
  may receive question from customer
  may receive release from dpo
  may answer customer
  may remember note
  may recall note
}
`
const READABLE =
  'flow "Readable" { only readers may read text of read  only to may read body of inbox  pay must be readable by to }'

function judgeOf(flows = READABLE, engine: 'generated' | 'interpreted' = 'generated'): Judge {
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
const reads = (text: string, readers: JsonObject[string], more: JsonObject = {}): Step =>
  step('result', 'read', { id: 'd', text, owner: 'olga', ...(readers !== null && { readers }), ...more })
const pays = (to: JsonObject[string], note: string): Step => step('calls', 'pay', { to, note })

function judged(judge: Judge, ...steps: readonly Step[]) {
  const cells = new Cells()
  for (const one of steps.slice(0, -1)) judge.advance(cells, one)
  return judge.decide(cells, steps.at(-1)!)
}

const LAMPS = 'Seven oak lamps for the east wing'
const HANDLES = 'Nine brass handles for the west door'

describe('a text that only some may read', () => {
  const judge = judgeOf()
  const verdict = (...steps: readonly Step[]) => judged(judge, ...steps).kind

  test.each<[string, string, readonly Step[]]>([
    ['a reader', 'allow', [reads(LAMPS, ['acme', 'anna']), pays('acme', LAMPS)]],
    ['a reader in other case', 'allow', [reads(LAMPS, ['Acme']), pays('ACME', LAMPS)]],
    ['somebody else', 'deny', [reads(LAMPS, ['acme', 'anna']), pays('bolt', LAMPS)]],
    [
      'somebody else, of a part',
      'deny',
      [reads(LAMPS, ['acme']), pays('bolt', 'so: oak lamps for the east')],
    ],
    ['somebody else, of other words', 'allow', [reads(LAMPS, ['acme']), pays('bolt', 'for May')]],
    ['several of whom one may not', 'deny', [reads(LAMPS, ['acme']), pays(['acme', 'bolt'], LAMPS)]],
    ['nobody that is named', 'deny', [reads(LAMPS, ['acme']), pays([], LAMPS)]],
    ['somebody, where the readers are missing', 'deny', [reads(LAMPS, null), pays('acme', LAMPS)]],
    ['somebody, where the readers are no texts', 'deny', [reads(LAMPS, [{ acme: 1 }]), pays('acme', LAMPS)]],
    [
      'who may read both',
      'allow',
      [reads(LAMPS, ['a', 'b']), reads(HANDLES, ['b', 'c']), pays('b', `${LAMPS}. ${HANDLES}`)],
    ],
    [
      'who may read the first',
      'deny',
      [reads(LAMPS, ['a', 'b']), reads(HANDLES, ['b', 'c']), pays('a', `${LAMPS}. ${HANDLES}`)],
    ],
    [
      'who may read the second',
      'deny',
      [reads(LAMPS, ['a', 'b']), reads(HANDLES, ['b', 'c']), pays('c', `${LAMPS}. ${HANDLES}`)],
    ],
    [
      'who may read it where it was told first',
      'deny',
      [reads(LAMPS, ['a', 'b']), reads(LAMPS, ['b', 'c']), pays('a', LAMPS)],
    ],
    [
      'who may read it wherever it was told',
      'allow',
      [reads(LAMPS, ['a', 'b']), reads(LAMPS, ['b', 'c']), pays('b', LAMPS)],
    ],
    ['anybody, once the customer said it', 'allow', [says(LAMPS), reads(LAMPS, ['a']), pays('c', LAMPS)]],
    ['not anybody because it was repeated', 'deny', [reads(LAMPS, ['a']), says(LAMPS), pays('c', LAMPS)]],
    [
      'who got one of the mails',
      'deny',
      [
        step('result', 'inbox', {
          value: [
            { body: LAMPS, to: ['a', 'b'] },
            { body: HANDLES, to: ['b'] },
          ],
        }),
        pays('a', LAMPS),
      ],
    ],
    [
      'who got all of the mails',
      'allow',
      [
        step('result', 'inbox', {
          value: [
            { body: LAMPS, to: ['a', 'b'] },
            { body: HANDLES, to: ['b'] },
          ],
        }),
        pays('b', LAMPS),
      ],
    ],
  ])('goes to %s: %s', (_, kind, steps) => {
    expect(verdict(...steps)).toBe(kind)
  })

  test('is refused with who may read it and where it was seen', () => {
    const [reason] = judged(judge, reads(LAMPS, ['acme', 'anna']), pays('bolt', LAMPS)).reasons
    expect(reason?.found).toBe(
      '`seven oak lamps for the` in `note`, first seen in result of read, may be read by `acme`, `anna`, not by `bolt`',
    )
  })

  test('is read by whom an answer is for', () => {
    const answers = judgeOf(
      'flow "F" { only readers may read text of read  clerk answers must be readable by peer }',
    )
    const say = (to: string): Step => step('answers', '', { text: LAMPS }, to)
    expect(judged(answers, reads(LAMPS, ['customer']), say('customer')).kind).toBe('allow')
    expect(judged(answers, reads(LAMPS, ['acme']), say('customer')).kind).toBe('deny')
  })

  test('may be released, for the rest of the conversation', () => {
    const released = judgeOf(
      'flow "F" { only owner, "Dpo" may read text of read  pay must be readable by to unless released by dpo }',
    )
    const release = (label: string): Step => step('receives', 'release', { label }, 'dpo')
    expect(judged(released, reads(LAMPS, []), pays('olga', LAMPS)).kind).toBe('allow')
    expect(judged(released, reads(LAMPS, []), pays('dpo', LAMPS)).kind).toBe('allow')
    expect(judged(released, reads(LAMPS, []), release('other'), pays('bolt', LAMPS)).kind).toBe('deny')
    expect(judged(released, reads(LAMPS, []), release('readers'), pays('bolt', LAMPS)).kind).toBe('allow')
  })

  test('even reworded: all that was read is for who may read all of it', () => {
    const strict = judgeOf(
      'flow "F" { only readers may read text of read  pay must be readable by to even reworded }',
    )
    expect(judged(strict, says(LAMPS), pays('a', 'thanks')).kind).toBe('allow')
    expect(judged(strict, reads(LAMPS, ['a', 'b']), reads(HANDLES, ['b']), pays('b', 'x')).kind).toBe('allow')
    expect(judged(strict, reads(LAMPS, ['a', 'b']), reads(HANDLES, ['b']), pays('a', 'x')).kind).toBe('deny')
  })

  test('keeps its readers in shared memory', () => {
    const cells = new Cells()
    judge.advance(cells, reads(LAMPS, ['acme', 'anna']))
    judge.advance(cells, reads(HANDLES, ['bolt']))
    const labels = judge.labelsOf(cells, step('remembers', 'note', { text: `They want ${LAMPS}.` }))
    expect(labels).toEqual(['readers ["acme","anna"]'])
    const row = step('recalled', 'note', { text: `They want ${LAMPS}.`, labels: [...labels] })
    expect(judged(judge, row, pays('anna', LAMPS)).kind).toBe('allow')
    expect(judged(judge, row, pays('bolt', LAMPS)).kind).toBe('deny')
    const unread = step('recalled', 'note', { text: LAMPS, labels: 'readers' })
    expect(judged(judge, unread, pays('anna', LAMPS)).kind).toBe('deny')
  })
})

describe('the lists of readers', () => {
  const judge = judgeOf()
  const names = fc.subarray(['a', 'b', 'c', 'd'])
  /** Sentences that share no words, so that which of them a text quotes is plain. */
  const sentence = (n: number): string => Array.from({ length: 6 }, (_, i) => `word${n}x${i}`).join(' ')
  const told = fc.array(fc.record({ n: fc.nat(4), names, kept: fc.boolean() }), {
    minLength: 1,
    maxLength: 8,
  })

  test('are joined by intersection, whatever the order, after rollbacks and restarts', () => {
    fc.assert(
      fc.property(
        told,
        fc.subarray([0, 1, 2, 3, 4], { minLength: 1 }),
        fc.constantFrom('a', 'b', 'c', 'd'),
        (said, quoted, to) => {
          const live = new Cells()
          const replayed = new Cells()
          for (const { n, names: readers, kept } of said) {
            const mark = live.mark()
            judge.advance(live, reads(sentence(n), readers))
            if (!kept) live.rollback(mark)
            replayed.apply(JSON.parse(JSON.stringify(live.since(mark))))
          }
          const kept = said.filter((one) => one.kept)
          const may = quoted.every((n) => kept.every((one) => one.n !== n || one.names.includes(to)))
          const note = quoted.map(sentence).join(', ')
          expect(judge.decide(live, pays(to, note)).kind).toBe(may ? 'allow' : 'deny')
          const restarted = judgeOf(READABLE, 'interpreted')
          expect(restarted.decide(replayed, pays(to, note))).toEqual(judge.decide(live, pays(to, note)))
          // Read the other way round it is the same.
          const turned = [...kept].reverse().map(({ n, names: readers }) => reads(sentence(n), readers))
          expect(judged(judge, ...turned, pays(to, note)).kind).toBe(may ? 'allow' : 'deny')
        },
      ),
      { numRuns: 200 },
    )
  })

  test('add nothing when they are told again', () => {
    const cells = new Cells()
    judge.advance(cells, reads(LAMPS, ['b', 'a']))
    const mark = cells.mark()
    for (let i = 0; i < 20; i++) judge.advance(cells, reads(LAMPS, ['a', 'b', 'A']))
    expect(cells.since(mark)).toEqual([])
  })

  test('of which there are too many for one text leave it to nobody', () => {
    const others = Array.from({ length: 5 }, (_, n) => reads(LAMPS, ['a', `other ${n}`]))
    expect(judged(judge, ...others.slice(1), pays('a', LAMPS)).kind).toBe('allow')
    expect(judged(judge, ...others, pays('a', LAMPS)).kind).toBe('deny')
  })

  test('that are too long are lists of nobody', () => {
    const many = (count: number) => ['a', ...Array.from({ length: count - 1 }, (_, n) => `other ${n}`)]
    expect(judged(judge, reads(LAMPS, many(NAMES_MAX)), pays('a', LAMPS)).kind).toBe('allow')
    expect(judged(judge, reads(LAMPS, many(NAMES_MAX + 1)), pays('a', LAMPS)).kind).toBe('deny')
  })

  test('of which there are too many in a conversation are lists of nobody', () => {
    const cells = new Cells()
    for (let n = 0; n < LISTS_MAX; n++) judge.advance(cells, reads(`first${n}`, ['a', `other ${n}`]))
    judge.advance(cells, reads(LAMPS, ['a', 'one more']))
    expect(judge.decide(cells, pays('a', 'first7 first7 first7 first7')).kind).toBe('allow')
    expect(judge.decide(cells, pays('a', LAMPS)).kind).toBe('deny')
  })
})

describe('what is no list of readers is refused', () => {
  test.each([
    ['a field that is not there', 'only raders may read text of read  pay must be readable by to', 'P0107'],
    ['a number', 'only text may read text of read  pay must be readable by amount', 'P0201'],
    ['nothing said of who may read what', 'pay must be readable by to', 'P0131'],
    ['a list on what the agent says itself', 'only "a" may read the agent itself', 'P0130'],
    [
      'a recipient that not every step has',
      'only "a" may read read  (pay or clerk answers) must be readable by to',
      'P0107',
    ],
  ])('%s', (_, body, code) => {
    const { diagnostics } = compile(source(`${VOCABULARY}flow "F" { ${body} }`, 'p.parapet'))
    expect(diagnostics.map((one) => one.code)).toContain(code)
  })
})
