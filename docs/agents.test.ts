/** What docs/agents.md shows is run: its tools are listed, its policy compiles and holds, its fleet starts and answers. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { newRoot, run, start } from '#runtime/daemon/operator.fixture.ts'

// Within the package, so that `parapet` is found.
const dir = mkdtempSync(join(import.meta.dirname, '.agents-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const page = readFileSync(join(import.meta.dirname, 'agents.md'), 'utf8')
for (const [, name = '', text = ''] of page.matchAll(/```ts (\S+)\n([\s\S]*?)```/g))
  writeFileSync(join(dir, name), text)
writeFileSync(join(dir, 'shop.parapet'), /```parapet\n([\s\S]*?)```/.exec(page)![1]!)

test('its tools become a listing, its policy holds, and its fleet answers', async () => {
  const pulled = await run(['tools', 'pull', '--module', join(dir, 'shop.tools.ts')], {})
  expect(pulled.err).toBe('')
  writeFileSync(join(dir, 'shop.tools.json'), pulled.out)
  const policy = join(dir, 'shop.parapet')
  const tested = await run(['test', policy], {})
  expect([tested.code, tested.err]).toEqual([0, ''])

  const data = newRoot()
  const daemon = start(['up', join(dir, 'fleet.ts'), '--data', data], {})
  await daemon.said('runs until')
  const said = await run(
    ['tell', 'c1/clerk', 'complaint', 'order=A-1', 'amount=5', '--data', data, '--fleet', 'shop'],
    {},
  )
  expect([said.code, said.err]).toEqual([0, ''])
  const answered = async () =>
    (await run(['trace', 'c1', '--data', data, '--fleet', 'shop'], {})).out.includes('done')
  while (!(await answered()));
  daemon.child.kill('SIGTERM')
  expect((await daemon.ended).code).toBe(0)
})
