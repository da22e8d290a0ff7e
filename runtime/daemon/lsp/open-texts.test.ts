import { expect, test } from 'vitest'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { type Later, OpenTexts, type Told } from './open-texts.ts'

const URI = 'file:///a.parapet'
const GOOD = 'policy "A" version 1.0\n'

/** Time that passes when it is told to. */
function clock(): { readonly later: Later; readonly pass: (ms: number) => void } {
  let now = 0
  const waiting = new Map<object, { readonly at: number; readonly then: () => void }>()
  return {
    later: (afterMs, then) => {
      const key = {}
      waiting.set(key, { at: now + afterMs, then })
      return () => void waiting.delete(key)
    },
    pass: (ms) => {
      now += ms
      for (const [key, { at, then }] of [...waiting]) {
        if (at > now || !waiting.delete(key)) continue
        then()
      }
    },
  }
}

function texts() {
  const told: Told[] = []
  const { later, pass } = clock()
  const open = new OpenTexts({
    later,
    tell: (each) => told.push(each),
    filesOf: () => undefined,
    quietMs: 100,
    lintQuietMs: 500,
  })
  const write = (version: number, text: string) =>
    open.changed(TextDocument.create(URI, 'parapet', version, text))
  return { open, told, pass, write }
}

test('of changes that follow each other closely only the last is told', () => {
  const { told, pass, write } = texts()
  write(1, 'rul')
  pass(60)
  write(2, 'rule')
  pass(60)
  expect(told).toEqual([])
  pass(60)
  expect(told.map(({ version }) => version)).toEqual([2])
  expect(told[0]!.diagnostics.length).toBeGreaterThan(0)
})

test('a version is analysed once, and a new one anew', () => {
  const { open, write } = texts()
  write(1, GOOD)
  const first = open.find(URI)!.document
  expect(open.find(URI)!.document).toBe(first)
  write(2, `${GOOD}rule`)
  expect(open.find(URI)!.document).not.toBe(first)
})

test('what is closed is taken back and not told again', () => {
  const { open, told, pass, write } = texts()
  write(1, 'rule')
  open.closed(URI)
  pass(1_000)
  expect(told).toEqual([{ uri: URI, version: 1, diagnostics: [] }])
  expect(open.find(URI)).toBeUndefined()
})

test('results of tests stay until the next change', () => {
  const { open, told, write } = texts()
  write(1, GOOD)
  const tests = [{ name: 'a', span: [0, 6], passed: false, message: 'expected deny' }] as const
  open.tested(URI, { kind: 'ran', passed: 0, tests })
  expect(told.at(-1)?.diagnostics.map(({ message }) => message)).toContain('expected deny')
  write(2, `${GOOD}\n`)
  expect(open.outcomeOf(URI)).toBeUndefined()
})
