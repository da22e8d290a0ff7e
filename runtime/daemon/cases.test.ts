import { expect, test } from 'vitest'
import { compileCases } from '#dsl/testing/cases.ts'
import { runTests } from '#dsl/testing/run.ts'
import { parseCases } from './cases.ts'

const POLICY = `policy "P" version 1.0
tool look(order: text)
tool pay(order: text, amount: money in USD, tags: list of text, due: date, note: text, optional) { external }
agent clerk { may call look, pay }
rule "Large" { when clerk calls pay and amount > 100 USD then ask boss within 1 hour, otherwise deny }
consistency "Look first" { for each order  pay needs an earlier look within 10 minutes }
`
const TABLE = `- table: payments
  at: 2024-05-15T15:00:00Z
  given:
    - clerk calls look with order = "A"
  when: clerk calls pay with order = "A", amount = $amount, tags = $tags, due = $due, note = $note
  cases:
    - { amount: 5 USD, tags: [a, "b c"], due: 2024-01-02, note: "5 USD", expect: allow }
    - name: a large one
      amount: 500 USD
      tags: []
      due: 2024-01-02
      note: yes indeed
      expect: ask boss because "Large"
    - name: too late
      given: ['after 11 minutes, clerk calls look with order = "B"']
      amount: 5 USD
      tags: []
      due: 2024-01-02
      note: ""
      expect: deny because "Look first"
`

function run(text: string) {
  const parsed = parseCases(text)
  const compiled = compileCases(POLICY, parsed.cases)
  return {
    problems: [...parsed.problems, ...compiled.problems],
    tests: compiled.plan?.tests ?? [],
    results:
      compiled.plan === undefined
        ? []
        : runTests(compiled.plan).results.map(({ kind, test: { name } }) => `${kind} ${name}`),
    lines: compiled.lines,
  }
}

test('a table of cases runs like test blocks', () => {
  const { problems, results, lines } = run(TABLE)
  expect(problems).toEqual([])
  expect(results).toEqual([
    'passed payments: amount 5 USD, tags ["a", "b c"], due 2024-01-02, note 5 USD',
    'passed payments: a large one',
    'passed payments: too late',
  ])
  expect(Array.from(lines.values())).toEqual([7, 8, 14])
})

test('plain words are read as the language reads them, quoted ones are text', () => {
  const [first] = run(TABLE).tests
  expect(first!.when.fields).toEqual({
    order: 'A',
    amount: 5,
    tags: ['a', 'b c'],
    due: '2024-01-02',
    note: '5 USD',
  })
})

test('inside of quotes a value stands bare', () => {
  const { tests } = run(`- table: T
  when: clerk calls look with order = "ORD-$id"
  cases: [{ id: 7, expect: allow }]`)
  expect(tests[0]!.when.fields).toEqual({ order: 'ORD-7' })
})

test('a table without cases is one case', () => {
  expect(run('- table: T\n  when: clerk calls look with order = "A"\n  expect: allow').results).toEqual([
    'passed T',
  ])
})

test.each([
  ['an unknown tool', '- table: T\n  when: clerk calls lok with order = "A"\n  expect: allow', 2, 'P0103'],
  [
    'a wrong unit',
    '- table: T\n  when: clerk calls pay with amount = $a\n  cases:\n    - { a: 5, expect: allow }',
    2,
    'P0202',
  ],
  ['an unknown check', '- table: T\n  when: clerk calls look\n  expect: deny because "Lage"', 3, 'P0108'],
  [
    'a value that is not given',
    '- table: T\n  when: clerk calls look with order = $a\n  expect: allow',
    2,
    '`$a` has no value',
  ],
  ['an unknown part', '- table: T\n  wen: clerk calls look', 2, 'no `wen`'],
  ['no expectation', '- table: T\n  when: clerk calls look', 1, 'no `expect`'],
  [
    'a name said twice',
    '- table: T\n  when: clerk calls look\n  expect: allow\n  cases: [{ name: a }, { name: a }]',
    4,
    'two cases',
  ],
  ['broken YAML', '- table: "T\n', 2, 'Missing closing'],
  ['something else than tables', 'table: T', 1, 'a list of tables'],
])('%s is told at its line', (_, text, line, says) => {
  const { problems, results } = run(text)
  expect(problems).toHaveLength(1)
  expect(problems[0]!.line).toBe(line)
  expect(problems[0]!.message).toContain(says)
  expect(results).toEqual([])
})

test('cases that are right run beside one that is not', () => {
  const { problems, results } = run(`- table: T
  when: clerk calls $tool with order = "A"
  expect: allow
  cases: [{ tool: look }, { tool: lok }]`)
  expect(problems.map(({ line }) => line)).toEqual([2, 2])
  expect(results).toEqual([])
  const mixed = run(`- table: T
  expect: allow
  cases:
    - when: clerk calls look with order = "A"
    - when: clerk calls lok with order = "A"`)
  expect(mixed.problems.map(({ line }) => line)).toEqual([5])
  expect(mixed.results).toHaveLength(1)
})

test('a case cannot declare anything', () => {
  const { problems, results } = run(`- table: T
  when: clerk calls look with order = "A"
  expect: 'allow } rule "Mine" { when clerk calls pay then allow } test "x" { when clerk calls look expect allow'`)
  expect(problems).toMatchObject([{ message: 'a case says more than a test can' }])
  expect(results).toEqual([])
})
