/** Each request of the protocol, answered by the service of its name in `dsl/lsp`. */
import { pathToFileURL } from 'node:url'
import {
  type CancellationToken,
  CodeLensRefreshRequest,
  type Connection,
  DocumentHighlightKind,
  FoldingRangeKind,
  InlayHintKind,
  LSPErrorCodes,
  MarkupKind,
  MessageType,
  type Position,
  ResponseError,
  type SelectionRange,
  type SemanticTokens,
  SemanticTokensBuilder,
  ShowMessageNotification,
} from 'vscode-languageserver/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { complete } from '#dsl/lsp/complete/complete.ts'
import type { PolicyDocument } from '#dsl/lsp/document.ts'
import { fixesFor } from '#dsl/lsp/fixes.ts'
import { foldsOf } from '#dsl/lsp/folding.ts'
import { formatEdits } from '#dsl/lsp/formatting.ts'
import { hover } from '#dsl/lsp/hover.ts'
import { inlaysIn } from '#dsl/lsp/inlays.ts'
import { lensesOf } from '#dsl/lsp/lenses.ts'
import { type Definition, findDefinition, findHighlights, findReferences } from '#dsl/lsp/navigate.ts'
import { findSymbols, outlineOf } from '#dsl/lsp/outline.ts'
import { findRenamable, rename } from '#dsl/lsp/rename.ts'
import { runPolicyTests } from '#dsl/lsp/run-tests.ts'
import { selectionsAt } from '#dsl/lsp/selection.ts'
import { semanticTokens, TOKEN_MODIFIERS, TOKEN_TYPES } from '#dsl/lsp/semantic-tokens.ts'
import { signatureAt } from '#dsl/lsp/signature.ts'
import type { Span } from '#dsl/plan/plan.ts'
import {
  codeActionOf,
  codeLensOf,
  completionItemOf,
  documentSymbolOf,
  editOf,
  RUN_TESTS,
  rangeOf,
  spanOf,
  symbolKindOf,
} from './convert.ts'
import type { OpenTexts } from './open-texts.ts'

export interface Client {
  readonly snippets: boolean
  readonly lensRefresh: boolean
}

/** Symbols given for one query over all open texts. */
const SYMBOLS_MAX = 500

interface Asked {
  readonly text: TextDocument
  readonly document: PolicyDocument
}

export function answerRequests(connection: Connection, texts: OpenTexts, client: () => Client): void {
  /** Answers about one open text, unless the question was taken back meanwhile. */
  const about =
    <P extends { readonly textDocument: { readonly uri: string } }, R>(
      answer: (asked: Asked, params: P) => R,
      otherwise: R,
    ) =>
    async (params: P, token: CancellationToken): Promise<R | ResponseError> => {
      if (await takenBack(token)) return cancelled()
      const asked = texts.find(params.textDocument.uri)
      return asked === undefined ? otherwise : answer(asked, params)
    }
  /** The same, at a place. */
  const at = <P extends { readonly textDocument: { readonly uri: string }; readonly position: Position }, R>(
    answer: (asked: Asked, offset: number, params: P) => R,
    otherwise: R,
  ) => about<P, R>((asked, params) => answer(asked, asked.text.offsetAt(params.position), params), otherwise)

  connection.onCompletion(
    at(({ text, document }, offset) => {
      const { replace, items } = complete(document, offset)
      const range = rangeOf(replace, text)
      return items.map((item) => completionItemOf(item, range, client().snippets))
    }, null),
  )
  connection.onHover(
    at(({ text, document }, offset) => {
      const found = hover(document, offset)
      if (found === undefined) return null
      return {
        contents: { kind: MarkupKind.Markdown, value: found.markdown },
        range: rangeOf(found.span, text),
      }
    }, null),
  )
  connection.onDefinition(
    at(
      ({ text, document }, offset) => locationsOf(findDefinition(document, offset), { text, document }),
      null,
    ),
  )
  connection.onReferences(
    at(
      ({ text, document }, offset, params) =>
        findReferences(document, offset, { withDeclaration: params.context.includeDeclaration }).map((span) =>
          locationOf(span, text),
        ),
      null,
    ),
  )
  connection.onDocumentHighlight(
    at(
      ({ text, document }, offset) =>
        findHighlights(document, offset).map(({ span, kind }) => ({
          range: rangeOf(span, text),
          kind: kind === 'write' ? DocumentHighlightKind.Write : DocumentHighlightKind.Read,
        })),
      null,
    ),
  )
  connection.onPrepareRename(
    at(({ text, document }, offset) => {
      const found = findRenamable(document, offset)
      return found === undefined ? null : { range: rangeOf(found.span, text), placeholder: found.name }
    }, null),
  )
  connection.onRenameRequest(
    at(({ text, document }, offset, params) => {
      const made = rename(document, offset, params.newName)
      if (made.kind === 'refused') return new ResponseError(LSPErrorCodes.RequestFailed, made.message)
      return { changes: { [text.uri]: made.edits.map((edit) => editOf(edit, text)) } }
    }, null),
  )
  connection.onSignatureHelp(
    at(({ document }, offset) => {
      const found = signatureAt(document, offset)
      if (found === undefined) return null
      const parameters = found.parameters.map(({ label, help }) => ({ label, documentation: help }))
      const signature = { label: found.label, parameters }
      return { signatures: [signature], activeSignature: 0, activeParameter: found.active ?? null }
    }, null),
  )
  connection.onDocumentSymbol(
    about(({ text, document }) => outlineOf(document).map((item) => documentSymbolOf(item, text)), null),
  )
  connection.onFoldingRanges(
    about(
      ({ document }) =>
        foldsOf(document).map(({ from, to, kind }) => ({
          startLine: from - 1,
          endLine: to - 1,
          kind: kind === 'comment' ? FoldingRangeKind.Comment : FoldingRangeKind.Region,
        })),
      null,
    ),
  )
  connection.onSelectionRanges(
    about(
      ({ text, document }, { positions }) =>
        positions.map((position) => selectionOf(selectionsAt(document, text.offsetAt(position)), text)),
      null,
    ),
  )
  connection.onDocumentFormatting(
    about(({ text, document }) => formatEdits(document).map((edit) => editOf(edit, text)), null),
  )
  connection.onCodeAction(
    about(
      ({ text, document }, { range }) =>
        fixesFor(document, spanOf(range, text)).map((fix) => codeActionOf(fix, text)),
      null,
    ),
  )
  connection.onCodeLens(
    about(
      ({ text, document }) =>
        lensesOf(document, texts.outcomeOf(text.uri)).map((lens) => codeLensOf(lens, text)),
      null,
    ),
  )
  connection.languages.inlayHint.on(
    about(
      ({ text, document }, { range }) =>
        inlaysIn(document, spanOf(range, text)).map((inlay) => ({
          position: text.positionAt(inlay.at),
          label: inlay.text,
          tooltip: inlay.help,
          kind: InlayHintKind.Type,
          paddingLeft: !inlay.text.startsWith(':'),
        })),
      null,
    ),
  )
  const none: SemanticTokens = { data: [] }
  connection.languages.semanticTokens.on(about(({ text, document }) => coloursOf(document, text), none))
  connection.languages.semanticTokens.onRange(
    about(({ text, document }, { range }) => coloursOf(document, text, spanOf(range, text)), none),
  )
  connection.onWorkspaceSymbol(async ({ query }, token) => {
    if (await takenBack(token)) return cancelled()
    const found = texts.all().flatMap(({ text, document }) =>
      findSymbols(document, query).map(({ kind, name, nameSpan, container }) => ({
        name,
        kind: symbolKindOf(kind),
        containerName: container,
        location: locationOf(nameSpan, text),
      })),
    )
    return found.slice(0, SYMBOLS_MAX)
  })
  const show = (type: MessageType, message: string): void =>
    void connection.sendNotification(ShowMessageNotification.type, { type, message })
  connection.onExecuteCommand(async ({ command, arguments: args = [] }, token) => {
    if (await takenBack(token)) return cancelled()
    const [uri, test] = args
    const asked = typeof uri === 'string' ? texts.find(uri) : undefined
    if (command !== RUN_TESTS || asked === undefined) return null
    const outcome = runPolicyTests(asked.document, typeof test === 'string' ? test : undefined)
    if (outcome.kind === 'broken') show(MessageType.Warning, outcome.message)
    else {
      texts.tested(asked.text.uri, outcome)
      // Without fresh lenses the old ones stay until the next change; that an editor declines to is its affair.
      if (client().lensRefresh) connection.sendRequest(CodeLensRefreshRequest.type).catch(() => undefined)
      const failed = outcome.tests.length - outcome.passed
      if (failed > 0) show(MessageType.Error, `${failed} of ${outcome.tests.length} tests failed.`)
      else show(MessageType.Info, passText(outcome.passed))
    }
    return outcome
  })
}

function passText(count: number): string {
  return count === 1 ? 'The test passes.' : `${count} tests, all pass.`
}

/** Lets a cancellation that is already in the pipe be read first. */
async function takenBack(token: CancellationToken): Promise<boolean> {
  await new Promise((resolve) => setImmediate(resolve))
  return token.isCancellationRequested
}

function cancelled(): ResponseError {
  return new ResponseError(LSPErrorCodes.RequestCancelled, 'The question was taken back.')
}

/** In the open text, or in a file that it uses; nowhere when that file has no place. */
function locationsOf(found: Definition | undefined, { text, document }: Asked) {
  if (found === undefined) return null
  const { targets, within } = found
  if (within === undefined) return targets.map((span) => locationOf(span, text))
  const place = document.files?.placeOf?.(within.path)
  if (place === undefined) return null
  const other = TextDocument.create(pathToFileURL(place).href, 'parapet', 0, within.text)
  return targets.map((span) => locationOf(span, other))
}

function locationOf(span: Span, text: TextDocument) {
  return { uri: text.uri, range: rangeOf(span, text) }
}

function selectionOf(spans: readonly Span[], text: TextDocument): SelectionRange {
  const [outermost, ...inner] = [...spans].reverse()
  const whole: SelectionRange = { range: rangeOf(outermost ?? [0, text.getText().length], text) }
  return inner.reduce((parent, span): SelectionRange => ({ range: rangeOf(span, text), parent }), whole)
}

function coloursOf(document: PolicyDocument, text: TextDocument, range?: Span): SemanticTokens {
  const builder = new SemanticTokensBuilder()
  for (const { span, type, modifier } of semanticTokens(document, range)) {
    const { line, character } = text.positionAt(span[0])
    const mask = modifier === undefined ? 0 : 1 << TOKEN_MODIFIERS.indexOf(modifier)
    builder.push(line, character, span[1] - span[0], TOKEN_TYPES.indexOf(type), mask)
  }
  return builder.build()
}
