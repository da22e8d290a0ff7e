/** What other agents do in the same conversation, what calls cost, and where values come from: followed, or tried and said. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { type Proof, proveAgent } from './prove.ts'
import { replay } from './replay.ts'
import type { Happening } from './situation.ts'
import { storyOf } from './story.ts'

const VOCABULARY = `policy "Small" version 1.0
tool pay(big: yes or no)
tool look(deep: yes or no)
message go { who: one of "ann", "bob" }
agent clerk { may receive go from client  may call pay }
agent scout { may call look }
`
const desk = setup({ actions: effects }).createMachine({
  id: 'clerk',
  initial: 'open',
  states: {
    open: {
      on: {
        go: { target: 'paid', actions: { type: 'call', params: { tool: 'pay', args: { big: true } } } },
        'parapet.denied': {},
      },
    },
    paid: { on: { 'parapet.result': 'closed', 'parapet.failed': 'failed' } },
    closed: { type: 'final' },
    failed: { type: 'final' },
  },
})

function prove(check: string, vocabulary = VOCABULARY): Proof {
  const { plan, diagnostics } = compile(source(vocabulary + check, 'small.parapet'))
  if (!plan) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return proveAgent(plan, 'clerk', desk, null)
}

function verdictOn({ answers }: Proof, about: string) {
  const found = answers.find((one) => one.about === about)
  if (!found) throw new Error(`nothing is said of ${about}`)
  return found.verdict
}

function pathTo(proof: Proof, about: string): readonly Happening[] {
  const verdict = verdictOn(proof, about)
  return verdict.kind === 'refuted' ? verdict.path.happenings : []
}

test('what another agent has to do first it may do, and the story says that it did', () => {
  const proof = prove('consistency "Look first" { pay needs an earlier look }')
  expect(proof.gaps).toEqual([])
  const path = pathTo(proof, 'paid')
  expect(path.map(({ kind }) => kind)).toEqual(['start', 'other', 'message'])
  const story = storyOf(path, replay(proof.setting, path))
  expect(story.join('\n')).toContain('scout calls look')
  // The page on proving shows this very story.
  const page = readFileSync(new URL('../../docs/proving.md', import.meta.url), 'utf8')
  for (const line of story) expect(page).toContain(`. ${line}\n`)
})

test('what no agent may do first nobody does', () => {
  const proof = prove(
    'consistency "Look first" { pay needs an earlier look with the same deep }',
    `${VOCABULARY.replace('may call look', 'may call pay').replace('big:', 'deep: yes or no, big:')}`,
  )
  expect(verdictOn(proof, 'paid').kind).toBe('proved')
})

test('what another agent does cannot take back what it did, nor is a check that it breaks this agent’s', () => {
  const barred = prove('consistency "Not both" { look excludes a later pay }')
  expect(barred.gaps).toEqual([])
  expect(pathTo(barred, 'Not both').map(({ kind }) => kind)).toEqual(['start', 'other', 'message'])
  const theirs = prove('consistency "Once" { look at most once }')
  expect(verdictOn(theirs, 'Once').kind).toBe('proved')
})

test('a call that costs more than there is has failed, and what it cost stands in the story', () => {
  const proof = prove('rule "Dear" { when anyone spends and amount > 0.50 USD then deny }')
  const path = pathTo(proof, 'failed')
  expect(path.at(-1)?.kind).toBe('failure')
  const dear = pathTo(proof, 'Dear')
  expect(dear.at(-1)).toMatchObject({ kind: 'result', spent: { amount: 0.51 } })
  expect(storyOf(dear, replay(proof.setting, dear)).at(-1)).toContain('at a cost of 0.51')
  const limit = prove(
    '',
    VOCABULARY.replace('may call pay }', 'may call pay  at most 2 USD per conversation }'),
  )
  expect(pathTo(limit, 'limit of clerk').at(-1)).toMatchObject({ spent: { amount: 2.01 } })
})

test('where values come from is followed through all that is tried where an agent is alone', () => {
  const alone = VOCABULARY.replace(/agent scout.*\n/, '')
  const proof = prove('flow "Told" { big of pay comes only from client }', alone)
  expect(proof.gaps).toEqual([])
  expect(verdictOn(proof, 'Told').kind).not.toBe('unknown')
})
