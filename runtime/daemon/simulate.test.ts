/** `parapet simulate` as a person and as a script see it: the real binary. */
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
