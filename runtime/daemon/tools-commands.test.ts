/** Listings by the command line: pulled from real servers, compared with them again. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { brokenAt } from '#runtime/tools/mcp/servers.fixture.ts'
import { newRoot, put, run } from './operator.fixture.ts'
import { wordsOf } from './tools-commands.ts'

const root = newRoot()

function commandOf(how: string): string {
  const { command, args } = brokenAt(how, join(root, 'seen'))
  return [command, ...args].map((word) => `"${word}"`).join(' ')
}

describe('a listing', () => {
  test('is pulled, found as pinned, and found otherwise once the server has changed', async () => {
    const pulled = await run(['tools', 'pull', '--stdio', commandOf('well'), '--prefix', 'bank_'], {})
    expect([pulled.code, pulled.err]).toEqual([0, ''])
    const listing = put(root, 'bank.tools.json', pulled.out)
    expect(JSON.parse(pulled.out)).toMatchObject({
      server: { name: 'broken', version: '1' },
      prefix: 'bank_',
      tools: [{ name: 'bank_pay' }],
    })
    const same = await run(['tools', 'diff', listing, '--stdio', commandOf('well')], {})
    expect([same.code, same.out]).toEqual([0, 'as pinned\n'])
    const other = await run(['tools', 'diff', listing, '--stdio', commandOf('reworded')], {})
    expect([other.code, other.out]).toEqual([1, '`pay` has another description\n'])
  })

  test('that cannot be had is a problem with what the server said', async () => {
    const dead = await run(['tools', 'pull', '--stdio', commandOf('dead')], {})
    expect(dead.code).toBe(1)
    expect(dead.err).toMatch(/D0080[\s\S]*no database/)
    expect((await run(['tools', 'pull'], {})).err).toContain('--stdio "COMMAND"')
  })
})

test.each([
  ['npx -y server stdio', ['npx', '-y', 'server', 'stdio']],
  [`node "a b.js" 'it is "so"' x"y"z`, ['node', 'a b.js', 'it is "so"', 'xyz']],
  ['', []],
])('the command %s is cut as a shell would', (line, words) => expect(wordsOf(line)).toEqual(words))
