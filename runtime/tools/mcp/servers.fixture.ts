/** Places of the servers that tests speak to, and what the one that does everything wrong has seen. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { McpPlace } from './link.ts'

const BROKEN = join(import.meta.dirname, 'broken.fixture.ts')
export const EVERYTHING = resolve(
  import.meta.dirname,
  '../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js',
)

/** `seen`: the file in which it writes down the `_meta` of each call, and that one was cancelled. */
export function brokenAt(how: string, seen: string): McpPlace & { kind: 'stdio'; args: readonly string[] } {
  return { kind: 'stdio', command: process.execPath, args: [BROKEN, how, seen] }
}

export function seenIn(file: string): unknown[] {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  // A line that is still being written counts as not there.
  return text
    .split('\n')
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line))
}

export async function untilAsync(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve))
}

export function until(holds: () => boolean): Promise<void> {
  return untilAsync(async () => holds())
}
