/** The checker is worth what it finds: purchases that are wrong in one way each. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createJudge } from '#dsl/judge/create.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import { checkBudgets, type Purchase } from './budgets.ts'

const file = 'stretch.parapet'
const { plan } = compile(source(readFileSync(join(import.meta.dirname, file), 'utf8'), file))
const { ledgers } = createJudge(plan!)

/** A purchase that was asked for, committed and, unless it is `open`, has its outcome. */
function bought(rev: number, open = false): CommitRecord {
  const agent = 'shop-0-0/buyer'
  const id = `p0.${rev}.0`
  const effect = { kind: 'call' as const, id, tool: 'buy', args: {} }
  return {
    version: 1,
    partition: 0,
    rev,
    at: rev,
    policy: '',
    position: rev,
    sentThrough: 0,
    turns: [
      {
        agent,
        turn: rev,
        at: rev,
        input: {
          kind: 'message',
          message: 'purchase',
          from: 'driver',
          fields: {},
          position: rev,
          source: 'driver',
          seq: rev,
        },
        outcome: 'passed',
        steps: 1,
        changes: [
          { kind: 'seen', source: 'driver', seq: rev, conversation: 'shop-0-0' },
          { kind: 'intent', id, agent, at: rev, effect },
          ...(open ? [] : [{ kind: 'intent-done' as const, id }]),
        ],
      },
    ],
  }
}

const purchase = (rev: number, amount: number, more: Partial<Purchase> = {}): Purchase => ({
  key: `p0.${rev}.0`,
  conversation: 'shop-0-0',
  lot: 'lot-0',
  amount,
  ...more,
})
const told = (count: number) => new Map([['shop-0-0', count]])
const look = (count: number, records: readonly CommitRecord[], purchases: readonly Purchase[]) =>
  checkBudgets(told(count), records, purchases, ledgers, 0)

test('a call repeated under its key spends once', () => {
  const twice = look(1, [bought(1)], [purchase(1, 30), purchase(1, 30)])
  expect(twice.spent).toBe(30)
  expect(twice.complete).toBe(true)
})

test('an overspent purse, of a shop or of all, and a purchase nobody committed are found', () => {
  const own = look(2, [bought(1), bought(2)], [purchase(1, 30), purchase(2, 11)])
  expect(own.faults).toContain('shop-0-0 has overspent: 41 of 40 USD')
  const records = [1, 2, 3, 4].map((rev) => bought(rev))
  const all = look(
    4,
    records,
    [1, 2, 3, 4].map((rev) => purchase(rev, 31, { conversation: `shop-${rev}-0` })),
  )
  expect(all.faults).toContain('lot-0 is overspent: 124 of 120 USD')
  const stray = look(1, [bought(1)], [purchase(9, 5)])
  expect(stray.faults).toContain('bought without a commit: 5 USD by shop-0-0 under p0.9.0')
})

test('one that was not taken, or whose outcome is open, leaves it incomplete; money the ledgers do not know of is found', () => {
  expect(look(2, [bought(1)], [purchase(1, 5)]).complete).toBe(false)
  expect(look(1, [bought(1, true)], [purchase(1, 5)]).complete).toBe(false)
  expect(look(1, [bought(1)], [purchase(1, 5)]).faults).toEqual(['the ledgers have counted ; bought was 5'])
})
