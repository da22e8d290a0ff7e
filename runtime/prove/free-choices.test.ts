/** What detectors, ledgers across the fleet, roles and tenants decide is a free choice, as far as it is one. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import { compile } from '#dsl/pipeline.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import { source } from '#dsl/source.ts'
import type { Answer, Claim } from './answers.ts'
import { type Proof, proveAgent } from './prove.ts'
import { replay } from './replay.ts'
import type { Happening } from './situation.ts'
import { storyOf } from './story.ts'

const VOCABULARY = `policy "Small" version 1.0
tool pay(big: yes or no) { external }
message go { big: yes or no, note: one of "hm", "grr" }
agent clerk { may receive go from client  may call pay  may answer customer }
`
const desk = setup({ actions: effects }).createMachine({
  id: 'clerk',
  initial: 'open',
  states: {
    open: {
      on: { go: { target: 'paid', actions: { type: 'call', params: { tool: 'pay', args: { big: true } } } } },
    },
    paid: {
      on: {
        go: { target: 'twice', actions: { type: 'call', params: { tool: 'pay', args: { big: true } } } },
        'parapet.denied': {},
      },
    },
    twice: { on: { 'parapet.denied': {} } },
  },
})

function planOf(checks: string): Plan {
  const { plan, diagnostics } = compile(source(VOCABULARY + checks, 'small.parapet'))
  if (!plan) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return plan
}

const prove = (checks: string): Proof => proveAgent(planOf(checks), 'clerk', desk, null)

function answer({ answers }: Proof, claim: Claim, about: string): Answer {
  const found = answers.find((one) => one.claim === claim && one.about === about)
  if (!found) throw new Error(`${claim} ${about} is not among ${JSON.stringify(answers, null, 1)}`)
  return found
}

function pathOf({ verdict }: Answer): readonly Happening[] {
  return verdict.kind === 'refuted' ? verdict.path.happenings : []
}

test('a detector may say anything, and what it says on a path stands in the story', () => {
  const proof = proveAgent(
    planOf(`detector anger over text { within 5 seconds, gives score from 0 to 1, threshold 0.9 }
rule "Kind" { when clerk receives go and anger in note then deny }`),
    'clerk',
    desk,
    null,
  )
  const path = pathOf(answer(proof, 'never-speaks', 'Kind'))
  expect(path).toContainEqual({ kind: 'looked', detector: 'anger', says: 0.95 })
  expect(storyOf(path, replay(proof.setting, path)).join('\n')).toContain('anger says 0.95')
})

test('what this agent alone has used up no ledger gives it again, and what others used up it may be refused at once', () => {
  const proof = prove('consistency "Once" { across the fleet  pay at most once in any 24 hours }')
  expect(proof.gaps).toEqual([])
  const speaks = pathOf(answer(proof, 'never-speaks', 'Once'))
  expect(speaks.at(-1)).toEqual({ kind: 'ledger', check: expect.any(String), by: 'others' })
  expect(storyOf(speaks, replay(proof.setting, speaks)).join('\n')).toContain(
    'others of the fleet have come first',
  )
  // The page on proving shows this very story.
  const page = readFileSync(new URL('../../docs/proving.md', import.meta.url), 'utf8')
  for (const line of storyOf(speaks, replay(proof.setting, speaks))) expect(page).toContain(`. ${line}\n`)
  // What failed is given back; what did not counts for a day.
  const again = pathOf(answer(proof, 'cut-off', 'twice')).map(({ kind }) => kind)
  expect(again.includes('failure') || again.includes('time')).toBe(true)
})

test('a role is each that the policy names, or none', () => {
  const proof = prove(
    'rule "Clients only" { when clerk receives go and not (sender has role "friend") then deny }',
  )
  expect(proof.gaps).toEqual([])
  const entered = pathOf(answer(proof, 'cut-off', 'paid'))
  expect(entered.find(({ kind }) => kind === 'message')).toMatchObject({ roles: ['friend'] })
  expect(answer(proof, 'never-speaks', 'Clients only').verdict.kind).toBe('refuted')
})
