/** Diagnostics as SARIF 2.1.0, which code hosts show beside the lines. Columns count UTF-16 units, from 1. */
import { CODES, type Code, LINT_CODES } from '#dsl/codes.ts'
import type { Diagnostic, Severity } from '#dsl/diagnostic.ts'
import type { Source } from '#dsl/source.ts'

export interface Reported {
  readonly source: Source
  readonly diagnostics: readonly Diagnostic[]
}

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  note: 'note',
}
const INFO: Readonly<Record<Code, { title: string; severity: Severity; explanation: string }>> = {
  ...CODES,
  ...LINT_CODES,
}

export function sarif(files: readonly Reported[], version: string) {
  const used = [...new Set(files.flatMap(({ diagnostics }) => diagnostics.map(({ code }) => code)))].sort()
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'parapet',
            version,
            rules: used.map((code) => ({
              id: code,
              name: INFO[code].title,
              shortDescription: { text: INFO[code].title },
              fullDescription: { text: INFO[code].explanation },
              help: { text: `parapet check --explain ${code}` },
              defaultConfiguration: { level: LEVELS[INFO[code].severity] },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: files.flatMap(({ source, diagnostics }) =>
          diagnostics.map(({ code, severity, message, help, span, related = [] }) => ({
            ruleId: code,
            ruleIndex: used.indexOf(code),
            level: LEVELS[severity],
            message: { text: help === undefined ? message : `${message}. ${help}` },
            locations: [{ physicalLocation: place(source, span) }],
            ...(related.length === 0
              ? {}
              : {
                  relatedLocations: related.map((one, id) => ({
                    id,
                    physicalLocation: place(source, one.span),
                    message: { text: one.message },
                  })),
                }),
          })),
        ),
      },
    ],
  }
}

function place(source: Source, [start, end]: Diagnostic['span']) {
  const [from, to] = [source.position(start), source.position(Math.max(start, end))]
  return {
    artifactLocation: { uri: source.file.split(/[\\/]/).map(encodeURIComponent).join('/') },
    region: {
      startLine: from.line,
      startColumn: from.column,
      endLine: to.line,
      endColumn: to.column,
      charOffset: start,
      charLength: Math.max(0, end - start),
    },
  }
}
