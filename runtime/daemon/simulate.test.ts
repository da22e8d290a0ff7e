/** `parapet simulate` as a person and as a script see it: the real binary. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { newRoot, put, REFUNDS, run } from './operator.fixture.ts'

test('a fleet that holds is counted, in words with its progress and as data', async () => {
  const [words, data] = await Promise.all([
    run(['simulate', REFUNDS, '--seeds', '12', '--steps', '10', '--calm'], {}),
    run(['simulate', REFUNDS, '--seeds', '2', '--steps', '10', '--from', '5', '--json'], {}),
  ])
  expect(words).toMatchObject({ code: 0, err: '' })
  expect(words.out).toMatch(/^10 of 12 seeds, \d+ turns\n12 seeds, /)
  expect(words.out).toContain('every invariant held')
  expect(data.code).toBe(0)
  expect(JSON.parse(data.out)).toMatchObject({ from: 5, seeds: 2, failures: [] })
})

test('what falls due after a run has ended is counted, and waited for where a run is told to last', async () => {
  const root = newRoot()
  const from = readFileSync(REFUNDS.replace('fleet.ts', 'refunds.parapet'), 'utf8').replace(
    'order: text, at most 40 characters',
    'order: text like "A-####"',
  )
  const file = put(
    root,
    'fleet.ts',
    `import { default as refunds } from ${JSON.stringify(REFUNDS)}
export default { ...refunds, policy: 'owed.parapet' }
`,
  )
  put(
    root,
    'owed.parapet',
    `${from}
tool settle(order: text)
agent bookkeeper { may call settle }
consistency "Settled" { clerk receives refund is followed by settle within 1 hour, otherwise alert books }
`,
  )
  const [soon, late] = await Promise.all([
    run(['simulate', file, '--seeds', '1', '--steps', '5', '--calm'], {}),
    run(['simulate', file, '--seeds', '1', '--steps', '5', '--minutes', '200', '--calm'], {}),
  ])
  expect(soon.out).toMatch(
    /0 timers and [1-5] obligations had not fallen due when their runs ended: `--minutes`/,
  )
  expect(soon.out).not.toContain('“Settled”')
  expect(late.out).toMatch(/alert “Settled”/)
})

test('a turn that fails is counted with why, and says it in the story', async () => {
  const { out } = await run(['simulate', REFUNDS, '--seed', '1', '--steps', '5', '--calm'], {})
  expect(out).toMatch(/\d+ turns failed, the first of clerk: no order is called/)
  expect(out).toMatch(/refund from customer .* → failed \(.*no order is called/)
})

test('of what clients say it is told how much the policy lets in, and that nothing was tried where that is none', async () => {
  const root = newRoot()
  const from = readFileSync(REFUNDS.replace('fleet.ts', 'refunds.parapet'), 'utf8')
  // No value can be made up for a pattern that no test of the policy shows.
  const shut = from
    .replace('order: text, at most 40 characters', 'order: text matching "Q[0-9]{7}Z"')
    .replaceAll(/^test .*?^}/gms, '')
  const file = put(
    root,
    'fleet.ts',
    `import { default as refunds } from ${JSON.stringify(REFUNDS)}
export default { ...refunds, policy: 'shut.parapet' }
`,
  )
  put(root, 'shut.parapet', shut)
  const words = await run(['simulate', file, '--seeds', '1', '--steps', '5', '--calm'], {})
  expect(words.out).toContain('0 of 5 messages were let in: nothing was tried of what comes after')
})

test('one that fails ends with 1; after three seeds no more are tried, and each comes with its command', async () => {
  const root = newRoot()
  const file = put(
    root,
    'fleet.ts',
    `import { default as refunds } from ${JSON.stringify(REFUNDS)}
export default { ...refunds, policy: ${JSON.stringify(REFUNDS.replace('fleet.ts', 'refunds.parapet'))}, world() { throw new Error('no books') } }
`,
  )
  const { code, out } = await run(['simulate', file, '--seeds', '10', '--steps', '5', '--json'], {})
  expect(code).toBe(1)
  const { failures, seeds } = JSON.parse(out)
  expect(seeds).toBe(3)
  expect(failures.map(({ what }: { what: string }) => what)).toEqual(Array(3).fill('thrown: Error: no books'))
  expect(failures[0].again).toMatch(/^npx parapet simulate .*fleet\.ts --seed 1 --steps 5$/)
})
