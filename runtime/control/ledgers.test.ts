import { expect, test } from 'vitest'
import type { LedgerEntry } from '#runtime/fleet/ledger/entries.ts'
import { ledgerLine, mayResolve, overdueHolds } from './ledgers.ts'

const hold = { id: 'p0.1.0', agent: 'c1/clerk', since: 0, step: 'calls pay', fields: {}, overdue: false }
const entry: LedgerEntry = {
  ledger: 'parapet.ledger:x/parapet.ledger',
  check: undefined,
  counted: '60 USD of at most 100 USD',
  holds: [
    hold,
    { ...hold, id: 'p0.2.0', unsure: 'the line broke' },
    { ...hold, id: 'p0.3.0', overdue: true },
  ],
}

test('what nobody knows and what is late are counted; what is on its way is not', () => {
  expect(overdueHolds([entry, entry])).toBe(4)
})

test('an entry of a policy that is gone is still shown', () => {
  expect(ledgerLine(entry)).toMatchObject({
    check: 'of no policy in force',
    holds: [{ hold: 'p0.1.0', since: '1970-01-01T00:00:00.000Z' }, { unsure: 'the line broke' }, {}],
  })
})

test('only people of the fleet file say what became of a step', () => {
  expect(mayResolve({ ada: { roles: [] } }, 'ada')).toBe(undefined)
  expect(mayResolve({ ada: { roles: [] } }, 'toString')).toContain('nobody called')
  expect(mayResolve(undefined, 'ada')).toContain('nobody called')
})
