/** Drives `parapet lsp` as an editor does: a child process, the protocol over its pipes. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node'

const LAUNCHER = join(import.meta.dirname, '../../bin/parapet.js')
const URI = 'file:///desk.parapet'
const POLICY = `policy "Desk" version 1.0

tool lookup_order(order: text) returns text { reads only }
tool issue_refund(order: text, amount: money in USD, speed: one of "slow", "fast") returns text { external }

agent clerk {
  may call lookup_order, issue_refund
}

rule "Large refunds are refused" {
  when clerk calls issue_refund and amount > 100 USD
  then deny
}

consistency "Look before you refund" {
  for each order
  issue_refund needs an earlier lookup_order within 30 minutes
}

test "a large refund is refused" {
  when   clerk calls issue_refund with order = "1", amount = 150 USD, speed = "slow"
  expect deny because "Large refunds are refused"
}

test "this one is wrong" {
  when   clerk calls lookup_order with order = "1"
  expect deny
}
`

interface Told {
  readonly uri: string
  readonly version: number
  readonly diagnostics: readonly {
    readonly code?: string
    readonly message: string
    readonly source: string
  }[]
}

interface Place {
  readonly line: number
  readonly character: number
}

interface Edit {
  readonly range: { readonly start: Place; readonly end: Place }
  readonly newText: string
}

let server: ChildProcessWithoutNullStreams
let editor: MessageConnection
let version = 0
let told: Told[] = []
let hear: (() => void) | undefined

beforeEach(async () => {
  server = spawn(process.execPath, [LAUNCHER, 'lsp', '--stdio'])
  editor = createMessageConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  )
  told = []
  version = 0
  editor.onNotification('textDocument/publishDiagnostics', (params: Told) => {
    told.push(params)
    hear?.()
  })
  editor.onRequest('workspace/codeLens/refresh', () => null)
  editor.listen()
  await editor.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: {
      textDocument: { completion: { completionItem: { snippetSupport: true } } },
      workspace: { codeLens: { refreshSupport: true } },
    },
  })
  await editor.sendNotification('initialized', {})
})

afterEach(() => {
  editor.dispose()
  server.kill()
})

async function open(text: string): Promise<void> {
  version = 1
  await editor.sendNotification('textDocument/didOpen', {
    textDocument: { uri: URI, languageId: 'parapet', version, text },
  })
}

async function replaceText(start: Place, end: Place, text: string): Promise<void> {
  version++
  await editor.sendNotification('textDocument/didChange', {
    textDocument: { uri: URI, version },
    contentChanges: [{ range: { start, end }, text }],
  })
}

/** What the server says of the text as it is now; waits until it says what is looked for. */
async function findings(wanted: (told: Told) => boolean): Promise<Told> {
  for (;;) {
    const found = told.findLast((each) => each.version === version && wanted(each))
    if (found !== undefined) return found
    await new Promise<void>((resolve) => {
      hear = resolve
    })
  }
}

function codes({ diagnostics }: Told): readonly (string | undefined)[] {
  return diagnostics.map((diagnostic) => diagnostic.code)
}

/** The place of the n-th letter of `words`. */
function placeOf(words: string, letter = 0, text = POLICY): Place {
  const before = text.slice(0, text.indexOf(words) + letter)
  return { line: before.split('\n').length - 1, character: before.length - before.lastIndexOf('\n') - 1 }
}

function ask<R>(method: string, more: object): Promise<R> {
  return editor.sendRequest(method, { textDocument: { uri: URI }, ...more })
}

test('broken text gets diagnostics with a code, and loses them when it is mended', async () => {
  await open(POLICY.replace('calls issue_refund and', 'calls isue_refund and'))
  const first = await findings(({ diagnostics }) => diagnostics.length > 0)
  expect(first.diagnostics[0]).toMatchObject({ code: 'P0103', source: 'parapet', severity: 1 })
  expect(first.diagnostics[0]!.message).toContain('Did you mean `issue_refund`?')
  const at = placeOf('isue_refund', 1, POLICY.replace('calls issue_refund and', 'calls isue_refund and'))
  await replaceText(at, at, 's')
  const second = await findings((each) => !codes(each).includes('P0103'))
  expect(second.diagnostics.filter(({ code }) => code?.startsWith('P0'))).toEqual([])
})

test('what the linter finds is told after a pause', async () => {
  await open(POLICY)
  const found = await findings(({ diagnostics }) => diagnostics.some(({ code }) => code?.startsWith('L')))
  expect(codes(found).every((code) => code?.startsWith('L') || code?.startsWith('P03'))).toBe(true)
})

test('completion knows what may follow, and replaces the word being written', async () => {
  await open(POLICY)
  const at = placeOf('speed = "slow"', 9)
  const items = await ask<readonly { readonly label: string; readonly textEdit: Edit }[]>(
    'textDocument/completion',
    { position: at },
  )
  expect(items.map((item) => item.label)).toEqual(['slow', 'fast'])
  expect(items[0]!.textEdit.range).toEqual({ start: at, end: { ...at, character: at.character + 4 } })
})

test('hover, definition, references and highlights follow names', async () => {
  await open(POLICY)
  const position = placeOf('calls issue_refund', 8)
  const hovered = await ask<{ readonly contents: { readonly value: string } }>('textDocument/hover', {
    position,
  })
  expect(hovered.contents.value).toContain('tool issue_refund(order: text')
  expect(hovered.contents.value).toContain('| `amount` | money in USD |')
  const [defined] = await ask<readonly { readonly range: { readonly start: Place } }[]>(
    'textDocument/definition',
    {
      position,
    },
  )
  expect(defined!.range.start).toEqual(placeOf('issue_refund'))
  const uses = await ask<readonly unknown[]>('textDocument/references', {
    position,
    context: { includeDeclaration: true },
  })
  expect(uses).toHaveLength(5)
  expect(await ask('textDocument/documentHighlight', { position })).toHaveLength(5)
})

test('a library that comes along is offered, and a setting leads into it', async () => {
  await open('policy "Desk" version 1.0\n\nuse "circuit-breaker" with rest = 1 minute\n')
  const offered = await ask<{ label: string }[]>('textDocument/completion', {
    position: { line: 2, character: 4 },
  })
  expect(offered.map(({ label }) => label)).toContain('circuit-breaker')
  const [place] = await ask<{ uri: string; range: { start: Place } }[]>('textDocument/definition', {
    position: { line: 2, character: 29 },
  })
  expect(place?.uri).toMatch(/policies\/circuit-breaker\.parapet$/)
})

test('rename changes every place, and is refused where it would change the meaning', async () => {
  await open(POLICY)
  const position = placeOf('calls issue_refund', 8)
  expect(await ask('textDocument/prepareRename', { position })).toMatchObject({ placeholder: 'issue_refund' })
  const made = await ask<{ readonly changes: Readonly<Record<string, readonly Edit[]>> }>(
    'textDocument/rename',
    {
      position,
      newName: 'pay back',
    },
  )
  expect(made.changes[URI]!.map((edit) => edit.newText)).toEqual(Array(5).fill('`pay back`'))
  await expect(ask('textDocument/rename', { position, newName: 'lookup_order' })).rejects.toThrow(
    'declared twice',
  )
})

test('the outline, symbols over all texts, folds and selections', async () => {
  await open(POLICY)
  const symbols = await ask<readonly { readonly name: string }[]>('textDocument/documentSymbol', {})
  expect(symbols.map((symbol) => symbol.name)).toContain('Look before you refund')
  expect(await editor.sendRequest('workspace/symbol', { query: 'lkupord' })).toMatchObject([
    { name: 'lookup_order' },
  ])
  expect(await ask<readonly unknown[]>('textDocument/foldingRange', {})).toHaveLength(5)
  const [selected] = await ask<readonly { readonly range: unknown; readonly parent: unknown }[]>(
    'textDocument/selectionRange',
    { positions: [placeOf('amount > 100')] },
  )
  expect(selected).toMatchObject({
    range: { start: placeOf('amount > 100') },
    parent: { parent: { parent: {} } },
  })
})

test('colours come for all of the text and for a part of it', async () => {
  await open(POLICY)
  const all = await ask<{ readonly data: readonly number[] }>('textDocument/semanticTokens/full', {})
  const part = await ask<{ readonly data: readonly number[] }>('textDocument/semanticTokens/range', {
    range: { start: { line: 0, character: 0 }, end: { line: 1, character: 0 } },
  })
  expect(all.data.length).toBeGreaterThan(100)
  expect(part.data).toEqual(all.data.slice(0, part.data.length))
  expect(part.data).toHaveLength(4 * 5)
})

test('formatting gives one change that lays the text out', async () => {
  await open(POLICY.replace('  then deny', '     then    deny'))
  const [edit] = await ask<readonly Edit[]>('textDocument/formatting', {
    options: { tabSize: 2, insertSpaces: true },
  })
  expect(edit).toBeDefined()
})

test('code actions mend what was misspelt', async () => {
  const text = POLICY.replace('calls issue_refund and', 'calls isue_refund and')
  await open(text)
  const at = placeOf('isue_refund', 2, text)
  const actions = await ask<readonly { readonly title: string; readonly isPreferred?: boolean }[]>(
    'textDocument/codeAction',
    { range: { start: at, end: at }, context: { diagnostics: [] } },
  )
  expect(actions[0]).toMatchObject({ title: 'Change to `issue_refund`', isPreferred: true, kind: 'quickfix' })
  expect(actions.map((action) => action.title)).toContain('Say why: add `because`')
})

test('a lens runs the tests and shows what failed where it stands', async () => {
  await open(POLICY)
  const lenses = await ask<
    readonly { readonly command: { readonly title: string; readonly arguments?: unknown } }[]
  >('textDocument/codeLens', {})
  expect(lenses.map((lens) => lens.command.title)).toEqual(
    expect.arrayContaining(['run all 2 tests', 'run test', '1 test expects this', 'no test expects this']),
  )
  const outcome = await editor.sendRequest('workspace/executeCommand', {
    command: 'parapet.runTests',
    arguments: [URI],
  })
  expect(outcome).toMatchObject({ kind: 'ran', passed: 1 })
  const found = await findings(({ diagnostics }) =>
    diagnostics.some(({ source }) => source === 'parapet test'),
  )
  expect(found.diagnostics.find(({ source }) => source === 'parapet test')).toMatchObject({
    range: { start: placeOf('"this one is wrong"') },
  })
  const after = await ask<typeof lenses>('textDocument/codeLens', {})
  expect(after.map((lens) => lens.command.title)).toEqual(
    expect.arrayContaining(['2 tests, 1 fails', '✓ passes, run again', '✗ fails, run again']),
  )
})

test('signatures and inlays', async () => {
  await open(POLICY)
  const help = await ask<{
    readonly activeParameter: number
    readonly signatures: readonly { readonly label: string }[]
  }>('textDocument/signatureHelp', { position: placeOf('150 USD', 3) })
  expect(help.signatures[0]!.label).toContain('issue_refund(order: text, amount: money in USD')
  expect(help.activeParameter).toBe(1)
  const inlays = await ask<readonly { readonly label: string }[]>('textDocument/inlayHint', {
    range: { start: { line: 0, character: 0 }, end: { line: 100, character: 0 } },
  })
  expect(inlays.map((inlay) => inlay.label).join()).toContain('keeps one time of lookup_order for each order')
})

test('about a text that is not open nothing is said', async () => {
  expect(await ask('textDocument/hover', { position: { line: 0, character: 0 } })).toBeNull()
})

test('closing a text takes its diagnostics back', async () => {
  await open('rule')
  await findings(({ diagnostics }) => diagnostics.length > 0)
  await editor.sendNotification('textDocument/didClose', { textDocument: { uri: URI } })
  expect((await findings(({ diagnostics }) => diagnostics.length === 0)).uri).toBe(URI)
})

test('a question that is taken back is not answered', async () => {
  await open(POLICY)
  const { CancellationTokenSource } = await import('vscode-languageserver/node')
  const source = new CancellationTokenSource()
  const asked = editor.sendRequest(
    'textDocument/hover',
    { textDocument: { uri: URI }, position: placeOf('clerk') },
    source.token,
  )
  source.cancel()
  await expect(asked).rejects.toThrow('taken back')
})

test('it ends with 0 after shutdown', async () => {
  await editor.sendRequest('shutdown')
  await editor.sendNotification('exit')
  expect((await once(server, 'exit'))[0]).toBe(0)
})

test('it ends with 1 without shutdown', async () => {
  await editor.sendNotification('exit')
  expect((await once(server, 'exit'))[0]).toBe(1)
})
