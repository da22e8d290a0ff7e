import { expect, test } from 'vitest'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'

const compiled = (trait: string) =>
  compile(
    source(
      `policy "P" version 1
tool ask(prompt: text, tokens: whole number, cost: money in USD, fee: money in EUR) { ${trait} }
agent a { may call ask  at most 2 USD per conversation }
`,
      'p.parapet',
    ),
  )

test('money is settled by the amount that was spent, numbers by the tokens', () => {
  const { plan, diagnostics } = compiled('external, idempotent by prompt, settles cost, tokens by spends')
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(plan?.tools[0]?.traits).toMatchObject({
    external: true,
    idempotentBy: ['prompt'],
    settles: { cost: 'amount', tokens: 'tokens' },
  })
})

test.each([
  ['prompt', 'P0216', '`prompt` is text; `spends` tells money in USD and a number of tokens'],
  ['fee', 'P0216', '`fee` is money in EUR; `spends` tells money in USD and a number of tokens'],
  ['price', 'P0107', '`ask` takes no `price`'],
])('what `spends` cannot tell is no such field: %s', (field, code, message) => {
  expect(compiled(`settles ${field} by spends`).diagnostics).toMatchObject([{ code, message }])
})
