/** Offsets and plain results as the protocol wants them. Lines and characters count from 0, in UTF-16 units. */
import {
  type CodeAction,
  CodeActionKind,
  type CodeLens,
  type CompletionItem,
  CompletionItemKind,
  type Diagnostic,
  DiagnosticSeverity,
  type DocumentSymbol,
  InsertTextFormat,
  MarkupKind,
  type Range,
  SymbolKind,
  type TextEdit,
} from 'vscode-languageserver/node'
import type { TextDocument } from 'vscode-languageserver-textdocument'
import type { Diagnostic as Finding } from '#dsl/diagnostic.ts'
import type { Item } from '#dsl/lsp/complete/item.ts'
import type { Fix } from '#dsl/lsp/fixes.ts'
import type { Lens } from '#dsl/lsp/lenses.ts'
import type { OutlineItem, OutlineKind } from '#dsl/lsp/outline.ts'
import type { TextEdit as Edit } from '#dsl/lsp/text-edit.ts'
import type { Span } from '#dsl/plan/plan.ts'

export const RUN_TESTS = 'parapet.runTests'

export function rangeOf(span: Span, text: TextDocument): Range {
  return { start: text.positionAt(span[0]), end: text.positionAt(span[1]) }
}

export function spanOf(range: Range, text: TextDocument): Span {
  return [text.offsetAt(range.start), text.offsetAt(range.end)]
}

export function editOf(edit: Edit, text: TextDocument): TextEdit {
  return { range: rangeOf(edit.span, text), newText: edit.text }
}

const SEVERITY = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  note: DiagnosticSeverity.Information,
} as const

export function diagnosticOf(finding: Finding, text: TextDocument): Diagnostic {
  const { code, severity, message, help, span, related } = finding
  return {
    code,
    source: 'parapet',
    severity: SEVERITY[severity],
    message: help === undefined ? message : `${message}\n${help}`,
    range: rangeOf(span, text),
    ...(related === undefined
      ? {}
      : {
          relatedInformation: related.map((place) => ({
            message: place.message,
            location: { uri: text.uri, range: rangeOf(place.span, text) },
          })),
        }),
  }
}

const ITEM_KIND: Readonly<Record<Item['kind'], CompletionItemKind>> = {
  keyword: CompletionItemKind.Keyword,
  snippet: CompletionItemKind.Snippet,
  tool: CompletionItemKind.Function,
  message: CompletionItemKind.Event,
  agent: CompletionItemKind.Class,
  schema: CompletionItemKind.Struct,
  words: CompletionItemKind.Enum,
  table: CompletionItemKind.Enum,
  group: CompletionItemKind.Module,
  fact: CompletionItemKind.Interface,
  field: CompletionItemKind.Field,
  value: CompletionItemKind.Variable,
  check: CompletionItemKind.Reference,
  option: CompletionItemKind.EnumMember,
  unit: CompletionItemKind.Unit,
  detector: CompletionItemKind.Constant,
  file: CompletionItemKind.File,
  parameter: CompletionItemKind.Property,
}

/** `withSnippets`: the client fills in places. */
export function completionItemOf(item: Item, replace: Range, withSnippets: boolean): CompletionItem {
  const { kind, label, insert = label, snippet = false, detail, help, rank = 5 } = item
  const newText = snippet && !withSnippets ? withoutPlaces(insert) : insert
  return {
    label,
    kind: ITEM_KIND[kind],
    sortText: `${rank} ${label}`,
    // What is typed may start with the quote that the item brings along.
    filterText: newText.startsWith('"') ? newText : label,
    insertTextFormat: snippet && withSnippets ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
    textEdit: { range: replace, newText },
    ...(detail === undefined ? {} : { detail }),
    ...(help === undefined ? {} : { documentation: { kind: MarkupKind.Markdown, value: help } }),
  }
}

function withoutPlaces(template: string): string {
  return template
    .replace(/\$\{\d+\|([^,|]*)[^}]*\}/g, '$1')
    .replace(/\$\{\d+:([^}]*)\}/g, '$1')
    .replaceAll('$0', '')
}

const SYMBOL_KIND: Readonly<Record<OutlineKind, SymbolKind>> = {
  policy: SymbolKind.Module,
  owner: SymbolKind.Property,
  schema: SymbolKind.Struct,
  tool: SymbolKind.Function,
  message: SymbolKind.Event,
  agent: SymbolKind.Class,
  words: SymbolKind.Enum,
  detector: SymbolKind.Function,
  table: SymbolKind.Array,
  group: SymbolKind.Package,
  fact: SymbolKind.Interface,
  rule: SymbolKind.Method,
  consistency: SymbolKind.Method,
  flow: SymbolKind.Method,
  use: SymbolKind.Package,
  test: SymbolKind.Method,
  field: SymbolKind.Field,
  check: SymbolKind.Boolean,
  value: SymbolKind.Variable,
}

export function symbolKindOf(kind: OutlineKind): SymbolKind {
  return SYMBOL_KIND[kind]
}

export function documentSymbolOf(item: OutlineItem, text: TextDocument): DocumentSymbol {
  return {
    name: item.name,
    detail: item.detail,
    kind: SYMBOL_KIND[item.kind],
    range: rangeOf(item.span, text),
    selectionRange: rangeOf(item.nameSpan, text),
    children: item.inside.map((inner) => documentSymbolOf(inner, text)),
  }
}

export function codeActionOf(fix: Fix, text: TextDocument): CodeAction {
  const edits = fix.edits.map((edit) => editOf(edit, text))
  return {
    title: fix.title,
    kind: fix.mends === undefined ? CodeActionKind.Refactor : CodeActionKind.QuickFix,
    edit: { changes: { [text.uri]: edits } },
    ...(fix.mends === undefined ? {} : { diagnostics: [diagnosticOf(fix.mends, text)] }),
    ...(fix.preferred === true ? { isPreferred: true } : {}),
  }
}

export function codeLensOf(lens: Lens, text: TextDocument): CodeLens {
  const range = rangeOf(lens.span, text)
  if (lens.run === undefined) return { range, command: { title: lens.title, command: '' } }
  const args = lens.run.test === undefined ? [text.uri] : [text.uri, lens.run.test]
  return { range, command: { title: lens.title, command: RUN_TESTS, arguments: args } }
}
