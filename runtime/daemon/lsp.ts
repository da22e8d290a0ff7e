/** `parapet lsp`: the language server over stdin and stdout. Ends with 0 after `shutdown`, with 1 without. */
import { fileURLToPath } from 'node:url'
import {
  createConnection,
  ProposedFeatures,
  type ServerCapabilities,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { TOKEN_MODIFIERS, TOKEN_TYPES } from '#dsl/lsp/semantic-tokens.ts'
import { answerRequests } from './lsp/answers.ts'
import { RUN_TESTS } from './lsp/convert.ts'
import { OpenTexts } from './lsp/open-texts.ts'
import { filesBeside } from './policy-files.ts'

/** Keystrokes come about every 100 ms: findings wait for a pause, what takes longer for a longer one. */
const QUIET_MS = 120
const LINT_QUIET_MS = 600

const CAPABILITIES: ServerCapabilities = {
  textDocumentSync: TextDocumentSyncKind.Incremental,
  completionProvider: { triggerCharacters: ['.', '"', ' '] },
  hoverProvider: true,
  definitionProvider: true,
  referencesProvider: true,
  documentHighlightProvider: true,
  renameProvider: { prepareProvider: true },
  documentSymbolProvider: true,
  workspaceSymbolProvider: true,
  foldingRangeProvider: true,
  selectionRangeProvider: true,
  documentFormattingProvider: true,
  codeActionProvider: true,
  codeLensProvider: {},
  inlayHintProvider: true,
  signatureHelpProvider: { triggerCharacters: [' ', ',', '='] },
  executeCommandProvider: { commands: [RUN_TESTS] },
  semanticTokensProvider: {
    legend: { tokenTypes: [...TOKEN_TYPES], tokenModifiers: [...TOKEN_MODIFIERS] },
    full: true,
    range: true,
  },
}

export function serveLsp(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): void {
  const connection = createConnection(ProposedFeatures.all, input, output)
  const documents = new TextDocuments(TextDocument)
  const texts = new OpenTexts({
    quietMs: QUIET_MS,
    lintQuietMs: LINT_QUIET_MS,
    filesOf: (uri) => (uri.startsWith('file:') ? filesBeside(fileURLToPath(uri)) : undefined),
    later: (afterMs, then) => {
      const timer = setTimeout(then, afterMs)
      return () => clearTimeout(timer)
    },
    tell: ({ uri, version, diagnostics }) =>
      void connection.sendDiagnostics({ uri, version, diagnostics: [...diagnostics] }),
  })
  documents.onDidChangeContent(({ document }) => texts.changed(document))
  documents.onDidClose(({ document }) => texts.closed(document.uri))
  let client = { snippets: false, lensRefresh: false }
  connection.onInitialize(({ capabilities }) => {
    client = {
      snippets: capabilities.textDocument?.completion?.completionItem?.snippetSupport === true,
      lensRefresh: capabilities.workspace?.codeLens?.refreshSupport === true,
    }
    return { capabilities: CAPABILITIES, serverInfo: { name: 'parapet' } }
  })
  connection.onShutdown(() => texts.closeAll())
  answerRequests(connection, texts, () => client)
  documents.listen(connection)
  connection.listen()
}
