/**
 * The texts that are open in the editor, analysed when they are asked about and at most once for each version.
 *
 * 1. An analysis belongs to one version: after a change the next question makes a new one.
 * 2. Findings are told when no change has come for `quietMs`; those that take longer when none has come for `lintQuietMs`.
 * 3. What a text's tests said is forgotten with its next change.
 */
import type { Diagnostic } from 'vscode-languageserver/node'
import type { TextDocument } from 'vscode-languageserver-textdocument'
import type { Diagnostic as Finding } from '#dsl/diagnostic.ts'
import type { Files } from '#dsl/jsonschema/uses.ts'
import { lint } from '#dsl/lint/lint.ts'
import { openDocument, type PolicyDocument } from '#dsl/lsp/document.ts'
import type { TestOutcome } from '#dsl/lsp/run-tests.ts'
import { diagnosticOf, rangeOf } from './convert.ts'

/** Calls back once after a while; gives what calls it off. */
export type Later = (afterMs: number, then: () => void) => () => void

export interface Told {
  readonly uri: string
  readonly version: number
  readonly diagnostics: readonly Diagnostic[]
}

export interface OpenTextsOptions {
  readonly later: Later
  readonly tell: (told: Told) => void
  /** What lies beside a text, for its `use` lines. */
  readonly filesOf: (uri: string) => Files | undefined
  readonly quietMs: number
  readonly lintQuietMs: number
}

interface Open {
  text: TextDocument
  analysed: { readonly version: number; readonly document: PolicyDocument } | undefined
  outcome: TestOutcome | undefined
  findings: readonly Finding[]
  callOff: () => void
}

export class OpenTexts {
  readonly #options: OpenTextsOptions
  readonly #open = new Map<string, Open>()

  constructor(options: OpenTextsOptions) {
    this.#options = options
  }

  changed(text: TextDocument): void {
    const known = this.#open.get(text.uri)
    known?.callOff()
    const open: Open = known ?? {
      text,
      analysed: undefined,
      outcome: undefined,
      findings: [],
      callOff: () => {},
    }
    open.text = text
    open.outcome = undefined
    open.findings = []
    this.#open.set(text.uri, open)
    open.callOff = this.#options.later(this.#options.quietMs, () => this.#tellSoon(open))
  }

  closed(uri: string): void {
    const known = this.#open.get(uri)
    known?.callOff()
    this.#open.delete(uri)
    // An editor keeps showing what was told until it is taken back.
    if (known !== undefined) this.#options.tell({ uri, version: known.text.version, diagnostics: [] })
  }

  closeAll(): void {
    for (const open of this.#open.values()) open.callOff()
    this.#open.clear()
  }

  find(uri: string): { readonly text: TextDocument; readonly document: PolicyDocument } | undefined {
    const open = this.#open.get(uri)
    return open === undefined ? undefined : { text: open.text, document: this.#documentOf(open) }
  }

  all(): readonly { readonly text: TextDocument; readonly document: PolicyDocument }[] {
    return Array.from(this.#open.values(), (open) => ({ text: open.text, document: this.#documentOf(open) }))
  }

  outcomeOf(uri: string): TestOutcome | undefined {
    return this.#open.get(uri)?.outcome
  }

  /** Shows what tests said beside the findings, until the text changes. */
  tested(uri: string, outcome: TestOutcome): void {
    const open = this.#open.get(uri)
    if (open === undefined) return
    open.outcome = outcome
    this.#tell(open)
  }

  #documentOf(open: Open): PolicyDocument {
    const { version } = open.text
    if (open.analysed?.version !== version)
      open.analysed = {
        version,
        document: openDocument(open.text.getText(), open.text.uri, this.#options.filesOf(open.text.uri)),
      }
    return open.analysed.document
  }

  #tellSoon(open: Open): void {
    this.#tell(open)
    if (this.#documentOf(open).hasErrors) return
    const rest = Math.max(0, this.#options.lintQuietMs - this.#options.quietMs)
    open.callOff = this.#options.later(rest, () => {
      const { source, files } = this.#documentOf(open)
      open.findings = lint(source, files).findings
      if (open.findings.length > 0) this.#tell(open)
    })
  }

  #tell(open: Open): void {
    const { text, outcome } = open
    const findings = [...this.#documentOf(open).analysis.diagnostics, ...open.findings]
    const diagnostics = findings.map((finding) => diagnosticOf(finding, text))
    for (const line of outcome?.kind === 'ran' ? outcome.tests : []) {
      if (line.passed) continue
      diagnostics.push({
        source: 'parapet test',
        severity: 1,
        message: line.message,
        range: rangeOf(line.span, text),
      })
    }
    this.#options.tell({ uri: text.uri, version: text.version, diagnostics })
  }
}
