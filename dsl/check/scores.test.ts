/** What a look costs is counted beside everything else that agents spend, so it has to be said in the same money. */
import { expect, test } from 'vitest'
import { compile } from '../pipeline.ts'
import { source } from '../source.ts'

function errorsOf(body: string): string[] {
  const text = `policy "P" version 1.0
message note { text: text }
${body}
rule "R" { when clerk answers and gloom in text then deny }
`
  const { diagnostics } = compile(source(text, 'p.parapet'))
  return diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(({ code, message }) => `${code} ${message}`)
}

const gloom = (cost: string) => `detector gloom over text { cost ${cost}, threshold 0.7 }`

test('a look that costs another money than agents have is an error', () => {
  expect(
    errorsOf(`agent clerk { may answer customer  at most 2 USD per conversation }\n${gloom('0.01 EUR')}`),
  ).toEqual(['P0203 a look costs EUR, and what agents spend is counted in USD'])
  expect(
    errorsOf(`agent clerk { may answer customer  at most 2 EUR per conversation }\n${gloom('0.01 EUR')}`),
  ).toEqual([])
})

test('where no agent has a limit, looks say what money is counted in', () => {
  const total = (money: string) => `agent clerk { may answer customer }
${gloom('0.01 EUR')}
consistency "Looks" { across the fleet  total amount of (anyone spends) at most 5 ${money} in any 24 hours }`
  expect(errorsOf(total('EUR'))).toEqual([])
  expect(errorsOf(total('USD'))).toEqual([expect.stringMatching(/^P0203 /)])
  expect(errorsOf(`${total('EUR')}\ndetector doom over text { cost 1 USD, threshold 0.5 }`)).toEqual([
    'P0203 a look costs USD, and what agents spend is counted in EUR',
  ])
})

test('a look costs money that there is', () => {
  expect(errorsOf(`agent clerk { may answer customer }\n${gloom('0.01 XYQ')}`)).toEqual([
    expect.stringContaining('`XYQ` is not a currency'),
  ])
})
