/** Untrusted code in real processes: what it can do, and what it cannot. */
import { afterEach, describe, expect, test } from 'vitest'
import type { Json } from '#dsl/judge/step.ts'
import type { CallContext } from '#runtime/fleet/definition.ts'
import { fromJsonSchema } from '../schema.ts'
import { type SandboxLimits, sandboxedTool } from './sandbox.ts'

const open: { close(): void }[] = []
afterEach(() => {
  for (const each of open.splice(0)) each.close()
})

function toolOf(code: string, limits: Partial<SandboxLimits> = {}) {
  const takes = fromJsonSchema({ type: 'object' })
  const tool = sandboxedTool({ name: 'theirs', description: 'Theirs.', takes, code, limits })
  open.push(tool)
  return tool
}

function context(signal = new AbortController().signal): CallContext {
  return { conversation: 'c1', agent: 'c1/clerk', key: 'p0.1.0', at: 0, signal }
}

async function resultOf(code: string): Promise<Json> {
  const outcome = await toolOf(code).execute({}, context())
  if (outcome.kind === 'failed') throw new Error(outcome.error)
  return outcome.value
}

test('code is a function of its arguments', async () => {
  const sum = toolOf('({ prices }) => ({ total: prices.reduce((a, b) => a + b, 0) })')
  expect(await sum.execute({ prices: [1, 2, 3] }, context())).toEqual({ kind: 'ok', value: { total: 6 } })
})

test('nothing is left from one call to the next', async () => {
  const counting = toolOf('() => (globalThis.n = (globalThis.n ?? 0) + 1)', { processesMax: 1 })
  expect(await counting.execute({}, context())).toEqual({ kind: 'ok', value: 1 })
  expect(await counting.execute({}, context())).toEqual({ kind: 'ok', value: 1 })
})

describe('what it cannot reach', () => {
  test('nothing of the host is there', async () => {
    const names = [
      'process',
      'require',
      'fetch',
      'Buffer',
      'setTimeout',
      'queueMicrotask',
      'console',
      'ArrayBuffer',
    ]
    expect(await resultOf(`() => ${JSON.stringify(names)}.filter((name) => name in globalThis)`)).toEqual([])
  })

  test.each([
    ['code from strings', `() => new Function('return 1')()`],
    ['eval', `() => eval('1')`],
    ['the constructor of a constructor', `() => this.constructor.constructor('return process')().pid`],
    [
      'functions of the host by a stack trace',
      `() => {
      Error.prepareStackTrace = (_, frames) => frames.flatMap((f) => [f.getFunction(), f.getThis()])
      const foreign = new Error().stack.filter((each) => each !== undefined && !(each instanceof Object))
      if (foreign.length > 0) return 'out'
      throw new Error('nothing')
    }`,
    ],
    ['the caller', `function f() { return f.caller.constructor('return process')().pid }`],
  ])('%s', async (_, code) => {
    await expect(resultOf(code)).rejects.toThrow()
  })

  test('a module is not imported: what was asked for never comes', async () => {
    const code = `() => { let got = 'nothing'; import('node:fs').then(() => { got = 'fs' }, () => {}); return got }`
    expect(await resultOf(code)).toBe('nothing')
  })
})

describe('what it is held to', () => {
  test('time', async () => {
    const endless = toolOf('() => { for (;;) {} }', { timeoutMs: 50 })
    expect(await endless.execute({}, context())).toMatchObject({
      kind: 'failed',
      error: expect.stringContaining('timed out after 50ms'),
    })
  })

  test.each([
    '() => { throw { get message() { for (;;) {} } } }',
    '() => { throw new Proxy({}, { get() { for (;;) {} }, getPrototypeOf() { for (;;) {} } }) }',
    '() => { throw Object.setPrototypeOf(new Error(), new Proxy({}, { get() { for (;;) {} }, getPrototypeOf() { for (;;) {} } })) }',
  ])('time, also of what looks at an error it threw: %s', async (code) => {
    const endless = toolOf(code, { timeoutMs: 50 })
    expect(await endless.execute({}, context())).toMatchObject({ kind: 'failed' })
  })

  test('the deadline of the call, also where time is not looked at', async () => {
    const controller = new AbortController()
    const endless = toolOf('() => { for (;;) {} }', { timeoutMs: 60_000 })
    const outcome = endless.execute({}, context(controller.signal))
    controller.abort()
    expect(await outcome).toEqual({ kind: 'failed', error: 'cancelled' })
  })

  test('memory, and the next call has a new process', async () => {
    const greedy = toolOf(
      '({ much }) => { const all = []; while (much) all.push({ n: all.length }); return 1 }',
      { heapMb: 16, timeoutMs: 20_000 },
    )
    expect(await greedy.execute({ much: true }, context())).toMatchObject({
      kind: 'failed',
      error: expect.stringContaining('over 16 MB'),
    })
    expect(await greedy.execute({ much: false }, context())).toEqual({ kind: 'ok', value: 1 })
  })

  test('a result that is JSON and not too long', async () => {
    const long = toolOf(`() => 'x'.repeat(2000)`, { resultCharsMax: 1000 })
    expect(await long.execute({}, context())).toMatchObject({
      kind: 'failed',
      error: expect.stringContaining('over 1000 characters'),
    })
    await expect(resultOf('() => undefined')).rejects.toThrow('no JSON')
    await expect(resultOf("() => { throw new TypeError('no such claim') }")).rejects.toThrow('no such claim')
    await expect(resultOf('() => { throw { get message() { throw 1 } } }')).rejects.toThrow('it threw')
    await expect(resultOf('() => {')).rejects.toThrow()
  })
})
