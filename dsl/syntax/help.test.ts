/** What people write who have not read the grammar, and how they are helped. */
import { expect, test } from 'vitest'
import { analyze } from '../pipeline.ts'
import { source } from '../source.ts'
import { EXPECTED } from './grammar/messages.ts'
import { PolicyGrammar } from './grammar/policy.ts'

const VOCABULARY = `policy "P" version 1
tool pay(account: text, amount: money in USD, at most 500 USD, count: whole number) { external }
message note { body: text }
agent clerk { may call pay  may receive note from customer  may answer customer }
`

/** The mistakes of one declaration beside the vocabulary, one in a line. */
function said(declaration: string): string[] {
  const { diagnostics } = analyze(source(VOCABULARY + declaration, 'p.parapet'))
  return diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(({ message, help }) => (help === undefined ? message : `${message} – ${help}`))
}

test.each([
  ['rule "R" { when clerk calls pay then deny because “Manual 3” }', 'Write `"Manual 3"`'],
  ['rule „R“ { when clerk calls pay then deny }', 'Write `"R"`'],
  ['rule «R» { when clerk calls pay then deny }', 'Write `"R"`'],
  ['rule "R" { when clerk calls pay and amount > $300 then deny }', 'Money is written `300 USD`'],
  ['schema A { fee: money in EUR, at most €3 }', 'Money is written `300 EUR`'],
  ['schema A { fee: money in EUR, at most 3,000 EUR }', 'Digits are grouped with `_`: `3_000`'],
  [
    'test "t" { when clerk calls pay with amount = 3,000 USD expect allow }',
    'Digits are grouped with `_`: `3_000`',
  ],
  [
    'rule "R" { when clerk calls pay and amount > 80% of 10 USD then deny }',
    'Write a share as a number: `0.8 * …`',
  ],
  ['consistency "C" { for every account pay at most once }', 'Did you mean `for each`?'],
  ['rule "R" { when clerk pays then deny }', 'What `clerk` does is said with `calls TOOL`'],
  ['rule "R" { when clerk call pay then deny }', 'Did you mean `calls`?'],
  ['test "t" { given clerk finds "A" when clerk calls pay expect allow }', 'What `clerk` does is said with'],
  ['rule "R" { when clerk calls pay and count is more than 3 then deny }', '`is over 30`'],
  ['rule "R" { when clerk calls pay then deny unless count < 3 }', '`and not (…)`'],
  ['rule "R" { when clerk calls pay && count > 3 then deny }', '`&&` means nothing here'],
  ['agent boss { may cal pay }', 'Did you mean `call`?'],
  ['agent boss { may call pay  at most 40 steps per hour }', 'in any 1 hour'],
  ['consistency "C" {\n  pay needs an earlier note in 1 day\n  because "x"\n}', 'Patterns: '],
  ['rule Large { when clerk calls pay then deny }', 'Put it into double quotes: `"Large …"`'],
])('%s: %s', (declaration, help) => {
  const mistakes = said(declaration)
  expect(mistakes).toHaveLength(1)
  expect(mistakes[0]).toContain(help)
})

test('what begins no clause is told beside what does', () => {
  expect(said('rule "R" { if clerk calls pay then deny }')).toEqual([
    expect.stringMatching(
      /^expected `}` or a clause of a rule: `when`, .*, found `if` – A rule begins with `when`\.$/,
    ),
  ])
  expect(said('agent boss { can call pay }')).toEqual([expect.stringContaining('`may …`')])
})

test('text in quotes of another kind goes on as the text it is meant to be', () => {
  const named = said(
    'rule “R” { when clerk calls pay then deny }\ntest "t" { when clerk calls pay expect deny because "R" }',
  )
  expect(named).toEqual(['these are not plain double quotes – Write `"R"`.'])
})

test('each rule of the grammar with a choice has words for it', () => {
  const productions = new PolicyGrammar().getGAstProductions()
  const lacking = Object.entries(productions)
    .filter(([name, rule]) => !Object.hasOwn(EXPECTED, name) && chooses(rule))
    .map(([name]) => name)
  expect(lacking).toEqual([])
})

interface Production {
  readonly constructor: { readonly name: string }
  readonly definition?: readonly Production[]
}

function chooses(production: Production): boolean {
  const { definition = [] } = production
  return definition.some(
    (inner) =>
      inner.constructor.name === 'Alternation' ||
      (inner.constructor.name !== 'NonTerminal' && chooses(inner)),
  )
}
