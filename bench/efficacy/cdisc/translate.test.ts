import { expect, test } from 'vitest'
import type { CdiscRule, Dataset, Tree } from './corpus.ts'
import { flaggedIn, prepare } from './run.ts'
import { tablesOf } from './tables.ts'

const rule = (check: Tree, more: Partial<CdiscRule> = {}): CdiscRule => ({
  id: 'made',
  rule_type: 'Record Data',
  sensitivity: 'Record',
  class: 'record',
  needs: [],
  check,
  operations: [],
  match_datasets: [],
  scope: { Domains: { Include: ['AE'] } },
  cases: [],
  ...more,
})

const table = (domain: string, rows: readonly Readonly<Record<string, string>>[], numbers = ''): Dataset => ({
  columns: numbers === '' ? [] : [{ variable: numbers, type: 'Num' }],
  rows: rows.map((row) => ({ DOMAIN: domain, ...row })),
})

function flagged(one: CdiscRule, datasets: Readonly<Record<string, Dataset>>): string[] {
  const tables = tablesOf({ datasets })
  const prepared = prepare([one], tables)
  if (prepared.kind === 'unsaid') throw new Error(prepared.why)
  return [...flaggedIn(prepared, tables)]
}

test('a condition on one row, with the domain’s prefix', () => {
  const check = {
    all: [
      { name: '--SER', operator: 'equal_to', value: 'Y' },
      { name: '--OUT', operator: 'empty' },
    ],
  }
  const ae = table('AE', [
    { AESER: 'Y', AEOUT: '' },
    { AESER: 'N', AEOUT: '' },
    { AESER: 'y', AEOUT: '' },
    { AESER: 'Y', AEOUT: 'FATAL' },
  ])
  expect(flagged(rule(check), { ae })).toEqual(['ae/1'])
})

test('a column that is not there leaves a rule out, unless an alternative stands beside it', () => {
  const missing = { name: 'AEX', operator: 'empty' }
  const ae = table('AE', [{ AEOUT: '' }])
  expect(flagged(rule({ all: [missing] }), { ae })).toEqual([])
  expect(flagged(rule({ any: [missing, { name: 'AEOUT', operator: 'empty' }] }), { ae })).toEqual(['ae/1'])
})

test('every row of a set that is not unique, the first too', () => {
  const check = { name: 'AESEQ', operator: 'is_not_unique_set', value: ['USUBJID'] }
  const ae = table(
    'AE',
    [
      { USUBJID: 'a', AESEQ: '1' },
      { USUBJID: 'b', AESEQ: '1' },
      { USUBJID: 'a', AESEQ: '1' },
    ],
    'AESEQ',
  )
  expect(flagged(rule(check), { ae })).toEqual(['ae/1', 'ae/3'])
})

test('values that must be one to one, wherever in the table they differ', () => {
  const check = { name: 'AETERM', operator: 'is_not_unique_relationship', value: 'AECODE' }
  const ae = table('AE', [
    { AETERM: 'ache', AECODE: '1' },
    { AETERM: 'ache', AECODE: '2' },
    { AETERM: 'ache', AECODE: '1' },
    { AETERM: 'cough', AECODE: '3' },
  ])
  expect(flagged(rule(check), { ae })).toEqual(['ae/1', 'ae/2', 'ae/3'])
})

test('a value that another table does not have', () => {
  const check = { name: 'USUBJID', operator: 'is_not_contained_by', value: '$subjects' }
  const operations = [{ id: '$subjects', operator: 'distinct', domain: 'DM', name: 'USUBJID' }]
  const ae = table('AE', [{ USUBJID: 'a' }, { USUBJID: 'c' }])
  const dm = table('DM', [{ USUBJID: 'a' }, { USUBJID: 'b' }])
  expect(flagged(rule(check, { operations }), { ae, dm })).toEqual(['ae/2'])
})

test('what cannot be said is named, not guessed', () => {
  const tables = tablesOf({ datasets: { ae: table('AE', [{ AETERM: 'x' }]) } })
  expect(prepare([rule({ name: 'AETERM', operator: 'has_same_values' })], tables)).toEqual({
    kind: 'unsaid',
    why: 'operator has_same_values',
  })
})
