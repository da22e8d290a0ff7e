/** What docs/first-agent.md tells is done, file by file and command by command, with a model on loopback. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type Env, run, start } from '#runtime/daemon/operator.fixture.ts'
import { scripted } from '#runtime/models/scripted.ts'
import { served } from '#runtime/models/served.fixture.ts'

// Within the package, so that `parapet` is found.
const dir = mkdtempSync(join(import.meta.dirname, '.first-agent-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const page = readFileSync(join(import.meta.dirname, 'first-agent.md'), 'utf8')
for (const [, name = '', text = ''] of page.matchAll(/```ts (\S+)\n([\s\S]*?)```/g))
  writeFileSync(join(dir, name), text)
writeFileSync(join(dir, 'desk.parapet'), /```parapet\n([\s\S]*?)```/.exec(page)![1]!)

/** The page's commands without `npx parapet`, in order. */
const commands = Array.from(page.matchAll(/^\$ npx parapet (.+)$/gm), ([, command = '']) => command)
const wordsOf = (command: string) =>
  Array.from(command.matchAll(/(?:[^\s']|'[^']*')+/g), ([word]) => word.replaceAll("'", ''))

const model = scripted('loopback', ({ messages }) => {
  const last = messages.at(-1)
  if (last?.role === 'tool') return 'A link is on its way.'
  const text = last?.role === 'user' ? last.text : ''
  return text.includes('password')
    ? { calls: [{ id: 'x', tool: 'reset_password', args: { user: 'bob' } }] }
    : `Somebody looks at it today. (${text.includes('remembered') ? 'known' : 'new'})`
})

test('from an empty folder to an agent with a model, a memory, a tool, a person and a policy', async () => {
  const server = await served(model)
  const env: Env = { PARAPET_MODEL: `${server.url}#m` }
  const step = async (says: string, fill: (word: string) => string = (word) => word) => {
    const command = commands.find((each) => each.startsWith(says))
    expect(command, `the page says \`${says}\``).toBeDefined()
    const [line = '', into] = command!.split(' > ')
    const ended = await run(wordsOf(line).map(fill), env, dir)
    expect([ended.code, ended.err], command).toEqual([0, ''])
    if (into !== undefined) writeFileSync(join(dir, into), ended.out)
    return ended.out
  }
  await step('tools pull')
  expect(await step('test')).toContain('2 passed, 0 failed')
  const up = start(['up', 'fleet.ts'], env, dir)
  await up.said('runs until it is told to stop')
  expect(await step('tell c1')).toContain('Somebody looks at it today. (new)')
  expect(await step('tell c2')).toContain('for lead')
  const approval = (await step('approvals')).split(' ')[0]!
  await step('approve', (word) => (word === 'APPROVAL' ? approval : word))
  await up.said('a link for bob')
  const kept = async () => (await step('memory search')).includes('The printer on floor two')
  while (!(await kept()));
  while (!(await step('trace c2')).includes('A link is on its way.'));
  expect(await step('memory search')).not.toContain('password')
  up.child.kill('SIGTERM')
  expect((await up.ended).code).toBe(0)
  await server.close()
})
