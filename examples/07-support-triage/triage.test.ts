/** The desk in a simulated world: every ticket with what the script says, and what must hold whatever goes wrong. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fleetFrom, forAll, type Run, simulate } from 'parapet/testing'
import { describe, expect, test } from 'vitest'
import { lint } from '#dsl/lint/lint.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { runTests } from '#dsl/testing/run.ts'
import { filesBeside } from '#runtime/daemon/policy-files.ts'

const desk = await fleetFrom(new URL('./fleet.ts', import.meta.url))
/** Every summary of the script is close to its ticket; what the real model of meaning says is tried in one test below. */
const GROUNDED = { grounding: () => ({ kind: 'found', value: { score: 0.9 } }) as const }

/** What came about, of one conversation or all. */
function effectsOf(run: Run, conversation = '') {
  return run.turns
    .filter(({ agent, outcome }) => agent.startsWith(conversation) && outcome === 'passed')
    .flatMap(({ effects = [] }) => effects)
}
const answersOf = (run: Run, conversation: string) =>
  effectsOf(run, conversation).flatMap((effect) =>
    effect.kind === 'answer' && effect.to === 'customer' ? [String(effect.fields['text'])] : [],
  )

describe('the desk', async () => {
  const run = await simulate(desk, { faults: 'none', world: { detectors: GROUNDED } })

  test('answers every ticket once, and ends', () => {
    expect(run.settled).toBe(true)
    expect(run.faults).toEqual([])
    for (let n = 1; n <= 9; n++) expect(answersOf(run, `T-0${n}`)).toHaveLength(1)
    expect(run.turns.flatMap(({ changes }) => changes).filter(({ kind }) => kind === 'end')).toHaveLength(9)
  })

  test('pays what the record bears out and a person grants, by the schedule', () => {
    const paid = effectsOf(run).flatMap((effect) =>
      effect.kind === 'call' && effect.tool === 'issue_refund' ? [effect.args['amount']] : [],
    )
    expect(paid.toSorted()).toEqual([200, 200, 50])
    expect(answersOf(run, 'T-06')[0]).toContain('does not pay it')
  })

  test('shows no agent but the first a card, a telephone number or an address', () => {
    const others = run.turns.filter(({ agent }) => !agent.endsWith('/front'))
    for (const secret of ['4111 1111', '415 555 0132', 'anna.k@example.org'])
      expect(JSON.stringify(others.map(({ input, effects }) => [input, effects]))).not.toContain(secret)
  })

  test('corrects a summary with a figure of its own, a promise, a wide query and a poor draft', () => {
    expect(run).toBeDenied({ because: "Figures of a summary are the ticket's" })
    expect(answersOf(run, 'T-04')[0]).toContain('509 minutes')
    expect(run).toBeDenied({ because: 'No promises' })
    expect(answersOf(run, 'T-07')[0]).not.toContain('guarantee')
    expect(run).toBeDenied({ because: 'Queries are narrow' })
    expect(answersOf(run, 'T-09')[0]).toContain('50 USD')
  })

  test('hands to a person what is nothing for an agent', () => {
    expect(answersOf(run, 'T-08')[0]).toContain('mend it this week')
  })
})

test('pays nothing that nobody granted and no ticket twice, whatever goes wrong', () =>
  forAll(desk, { seeds: 3, world: { detectors: GROUNDED } }, (run) => {
    const refunds = run.turns.filter(
      ({ outcome, effects = [] }) =>
        outcome === 'passed' &&
        effects.some((effect) => effect.kind === 'call' && effect.tool === 'issue_refund'),
    )
    for (const { grounds } of refunds) expect(grounds?.approved).toContain('Refunds wait for a person')
    expect(new Set(refunds.map(({ agent }) => agent)).size).toBe(refunds.length)
  }))

test('the script’s summaries are grounded by the model of meaning that comes along', async () => {
  const run = await simulate(desk, { faults: 'none' })
  expect(run).not.toBeDenied({ because: 'A summary says what the ticket says' })
})

test('the policy says nothing that is probably not meant, and its tests pass', () => {
  const path = join(import.meta.dirname, 'triage.parapet')
  const text = source(readFileSync(path, 'utf8'), path)
  const { errors, findings } = lint(text, filesBeside(path))
  expect([...errors, ...findings].filter(({ severity }) => severity !== 'note')).toEqual([])
  const { plan } = compile(text, filesBeside(path))
  expect(runTests(plan!).results.filter(({ kind }) => kind === 'failed')).toEqual([])
})
