/** The refund desk in a simulated world, as `docs/simulating.md` shows it. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  fleetFrom,
  forAll,
  grants,
  pathsOf,
  type Run,
  recordedRun,
  refuses,
  says,
  scenario,
  simulate,
} from 'parapet/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { createMachine } from 'xstate'

const desk = await fleetFrom(new URL('./fleet.ts', import.meta.url))
const place = mkdtempSync(join(tmpdir(), 'parapet-runs-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))

const refund = (amount: number) => says('customer', 'clerk', 'refund', { order: 'A-1', amount })

describe('the refund desk', () => {
  test('pays what is small at once', () =>
    scenario(desk)
      .when(refund(20))
      .expect((run) => {
        expect(run).toEventually('clerk calls issue_refund')
        expect(run).toEventually('clerk answers customer')
        expect(run).not.toAsk()
      }))

  test('asks a supervisor for what is large, and pays when it is granted', () =>
    scenario(desk)
      .given(refund(20))
      .when(refund(150), grants('ada', 'a regular'))
      .expect((run) => {
        expect(run).toAsk({ who: 'supervisor', because: 'Refund manual 3.2' })
        expect(run.turns.filter((turn) => turn.effects?.some(({ kind }) => kind === 'answer'))).toHaveLength(
          2,
        )
      }))

  test('tells the customer when it is refused', () =>
    scenario(desk)
      .when(refund(150), refuses('ada'))
      .expect((run) => {
        expect(run).not.toEventually('clerk calls issue_refund')
        expect(run).toEventually('clerk answers customer')
        expect(run.at(-1).agent('story/clerk')?.value).toBe('open')
      }))

  test('never refunds a large sum that nobody granted, whatever goes wrong', () =>
    forAll(desk, { seeds: 10, steps: 20 }, (run) => {
      for (const { effects = [], grounds, outcome } of run.turns)
        for (const effect of outcome === 'passed' ? effects : [])
          if (effect.kind === 'call' && Number(effect.args['amount']) > 100)
            expect(grounds?.approved).toContain('Large refunds need a supervisor')
    }))

  test('keeps a stricter policy when nobody asks for much, and not when somebody does', async () => {
    const strict = `policy "Strict" version 1
      tool issue_refund(order: text, amount: money in USD) { external }
      message refund { order: text, amount: money in USD }
      agent clerk { may receive refund from customer  may call issue_refund  may answer customer }
      rule "Only small" { when clerk calls issue_refund and amount > 50 USD then deny }`
    const run = (amount: number) =>
      scenario(desk)
        .when(refund(amount))
        .expect(() => {})
    expect(await run(20)).toKeep(strict)
    expect(await run(80)).not.toKeep(strict)
    expect(await run(80)).toCost({ amountMost: 0, tokensMost: 0 })
  })

  test('goes every way of a model of its customers', async () => {
    const customer = createMachine({
      initial: 'new',
      states: {
        new: { on: { small: 'paid', large: 'waiting' } },
        waiting: { on: { granted: 'paid', refused: 'declined' } },
        paid: {},
        declined: {},
      },
    })
    const ways = pathsOf(customer, {
      small: refund(20),
      large: refund(150),
      granted: grants('ada'),
      refused: refuses('ada'),
    })
    expect(ways.map(({ events }) => events.join(' '))).toEqual(['', 'small', 'large', 'large refused'])
    for (const { happenings } of ways)
      await scenario(desk)
        .when(...happenings)
        .expect((run) => expect(run.faults).toEqual([]))
  })
})

describe('a run', () => {
  test('is the same for the same seed, and can be kept and read again', async () => {
    const [one, other]: Run[] = [await simulate(desk, { seed: 7 }), await simulate(desk, { seed: 7 })]
    expect(JSON.stringify(one!.records)).toBe(JSON.stringify(other!.records))
    one!.save(join(place, 'seven.jsonl'))
    const read = recordedRun(join(place, 'seven.jsonl'))
    expect(read.story()).toBe(one!.story())
    expect(read.at(3).turn).toEqual(one!.at(3).turn)
  })

  test('that fails is told as a short story, with the command that runs it again', async () => {
    const failed = forAll(desk, { seeds: [3] }, (run) => expect(run).not.toAsk())
    const words = await failed.then(
      () => '',
      (cause: Error) => cause.message,
    )
    expect(words).toContain('in short, 1 message, with nothing going wrong:')
    expect(words).toMatch(
      /ask “Large refunds need a supervisor” \(`amount` is \d+(\.\d+)? USD, over 100 USD\)/,
    )
    expect(words).toMatch(/again: PARAPET_SEED=3 npx vitest run .*simulation\.test\.ts -t /)
  })
})
