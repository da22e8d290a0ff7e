/**
 * What runs in a sandbox's process: a line in is a call, a line out its result. Started with `--permission` and without
 * any permission, without environment, and with code from strings disallowed.
 *
 * Invariants:
 * 1. Untrusted code runs in a realm of its own and is given no object of this one: source and arguments go in as one text,
 *    a text comes out.
 * 2. Each call has a new realm: nothing is left from the call before.
 */
import { registerHooks } from 'node:module'
import { types } from 'node:util'
import { createContext, constants as REALM, Script } from 'node:vm'

/** What is told of an error. */
const ERROR_CHARS_MAX = 500

interface Call {
  readonly code: string
  /** JSON. */
  readonly args: string
  readonly timeoutMs: number
  readonly resultCharsMax: number
}

/** Buffers live outside of the heap and so outside of its limit; the rest would run or share more than a script. */
const TAKEN_AWAY = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'Atomics',
  'WebAssembly',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'Int8Array',
  'Int16Array',
  'Int32Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Uint16Array',
  'Uint32Array',
  'console',
]
const PRELUDE = new Script(
  `'use strict'; for (const name of ${JSON.stringify(TAKEN_AWAY)}) delete globalThis[name];`,
)

function carriedOut({ code, args, timeoutMs, resultCharsMax }: Call): string {
  const realm = createContext(REALM.DONT_CONTEXTIFY, {
    codeGeneration: { strings: false, wasm: false },
    microtaskMode: 'afterEvaluate',
  })
  PRELUDE.runInContext(realm)
  const script = new Script(`JSON.stringify((${code}\n)(JSON.parse(${JSON.stringify(args)})))`, {
    filename: 'tool.js',
  })
  // To display an error the platform reads it, whatever it is, with no limit of time.
  const result: unknown = script.runInContext(realm, { timeout: timeoutMs, displayErrors: false })
  if (typeof result !== 'string') throw new TypeError('the result is no JSON')
  if (result.length > resultCharsMax)
    throw new RangeError(`the result takes over ${resultCharsMax} characters`)
  return result
}

/** What was thrown may be a proxy, or have a `message` that is code: neither is run out here, where nothing looks at the time. */
function wordsOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null || types.isProxy(thrown)) return 'it threw'
  const message: unknown = Object.getOwnPropertyDescriptor(thrown, 'message')?.value
  return typeof message === 'string' ? message.slice(0, ERROR_CHARS_MAX) : 'it threw'
}

function answer(line: string): string {
  try {
    return JSON.stringify({ ok: carriedOut(JSON.parse(line) as Call) })
  } catch (thrown) {
    return JSON.stringify({ error: wordsOf(thrown) })
  }
}

const { stdin, stdout } = process
// Behind the realm's wall there is little left to find. The network has no permission of its own in this version of Node.
registerHooks({
  resolve() {
    throw new Error('nothing can be imported here')
  },
})
for (const name of [
  'getBuiltinModule',
  'binding',
  '_linkedBinding',
  'dlopen',
  'mainModule',
  'kill',
  '_kill',
  '_debugProcess',
])
  Reflect.deleteProperty(process, name)
for (const name of ['fetch', 'WebSocket', 'EventSource']) Reflect.deleteProperty(globalThis, name)

let pending = ''
stdin.setEncoding('utf8').on('data', (text: string) => {
  pending += text
  for (let end = pending.indexOf('\n'); end !== -1; end = pending.indexOf('\n')) {
    const line = pending.slice(0, end)
    pending = pending.slice(end + 1)
    stdout.write(`${answer(line)}\n`)
  }
})
