/** What clients say in a simulation looks as the policy wants it to, or nothing of the fleet would be tried. */
import { expect, test } from 'vitest'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { randomOf } from '#runtime/simulation/random.ts'
import { messagesOf } from './messages.ts'

function saidTo(policy: string, field: string): unknown[] {
  const { plan, diagnostics } = compile(source(`policy "P" version 1\n${policy}`, 'p.parapet'))
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics))
  const talk = { steps: 200, conversations: 3, forMs: 1_000, startsAt: 0 }
  return messagesOf(plan, new Set(['desk']), talk, randomOf(1)).map(({ fields }) => fields[field])
}

const DESK = 'agent desk { may receive order from customer  may answer customer }'

test('a mask is filled, with few values, so that the same one comes up in several conversations', () => {
  const said = saidTo(`message order { id: text like "BK-##-@*" }\n${DESK}`, 'id')
  const shaped = said.filter((id) => /^BK-[0-9]{2}-[A-Za-z][A-Za-z0-9]$/.test(String(id)))
  expect(new Set(shaped)).toEqual(new Set(['BK-01-AA', 'BK-02-BB', 'BK-03-CC', 'BK-04-DD', 'BK-05-EE']))
  expect(shaped.length).toBeGreaterThan(180)
  expect(shaped.length, 'now and then something else').toBeLessThan(200)
})

test('where the form is a pattern, the policy’s own tests say what it looks like', () => {
  const said = saidTo(
    `message order { id: text matching "[A-Z]{3}/[0-9]+" }\n${DESK}
test "t" { when desk receives order from customer with id = "ABC/7" expect allow }`,
    'id',
  )
  expect(said.filter((id) => id === 'ABC/7').length).toBeGreaterThan(180)
})
