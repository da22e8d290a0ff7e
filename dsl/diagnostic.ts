/** What the front end has to say about a policy text, as data; `renderDiagnostic` draws it. */
import { CODES, type Code, type PolicyCode } from './codes.ts'
import type { Span } from './plan/plan.ts'
import type { Source } from './source.ts'

/** `error`: there is no plan. `warning`: probably not what was meant. `note`: worth knowing. */
export type Severity = 'error' | 'warning' | 'note'

export interface Diagnostic {
  readonly code: Code
  readonly severity: Severity
  readonly span: Span
  /** The reader's words in back-ticks. */
  readonly message: string
  /** What to write instead. */
  readonly help?: string
  /** Other places that matter, each with a few words. */
  readonly related?: readonly { readonly span: Span; readonly message: string }[]
}

export interface RenderOptions {
  readonly color: boolean
}

const PAINT = { error: '31;1', warning: '33;1', note: '36;1', gutter: '34', plain: '1' } as const

/** A code frame: code and message, the line with the place underlined, related places, help. Ends with a line break. */
export function renderDiagnostic(
  source: Source,
  diagnostic: Diagnostic,
  options: RenderOptions = { color: false },
): string {
  const paint = (style: string, text: string): string =>
    options.color ? `\u001b[${style}m${text}\u001b[0m` : text
  const { code, severity, message, span, help, related = [] } = diagnostic
  const start = source.position(span[0])
  const places = [{ span, message: '' }, ...related]
  const width = Math.max(...places.map((place) => String(source.position(place.span[0]).line).length))
  const gutter = (label: string): string => paint(PAINT.gutter, `${label.padStart(width)} |`)
  const lines = [
    `${paint(PAINT[severity], `${severity}[${code}]`)}${paint(PAINT.plain, `: ${message}`)}`,
    `${' '.repeat(width)}${paint(PAINT.gutter, '-->')} ${source.file}:${start.line}:${start.column}`,
  ]
  places.forEach((place, index) => {
    const at = source.position(place.span[0])
    const text = source.lineText(at.line)
    const room = Math.max(1, text.length - at.column + 1)
    const length = Math.max(1, Math.min(place.span[1] - place.span[0], room))
    const mark = (index === 0 ? '^' : '-').repeat(length)
    lines.push(gutter(''))
    lines.push(`${gutter(String(at.line))} ${text.replaceAll('\t', ' ')}`)
    const note = place.message === '' ? '' : ` ${place.message}`
    const style = index === 0 ? PAINT[severity] : PAINT.gutter
    lines.push(`${gutter('')} ${' '.repeat(at.column - 1)}${paint(style, `${mark}${note}`)}`)
  })
  if (help !== undefined) lines.push(`${' '.repeat(width)} ${paint(PAINT.gutter, '=')} help: ${help}`)
  return `${lines.join('\n')}\n`
}

/** Collects a stage's diagnostics; a code's severity is in the registry. */
export class Report {
  readonly diagnostics: Diagnostic[] = []

  add(code: PolicyCode, span: Span, message: string, help?: string, related?: Diagnostic['related']): void {
    this.diagnostics.push({
      code,
      severity: CODES[code].severity,
      span,
      message,
      ...(help === undefined ? {} : { help }),
      ...(related === undefined ? {} : { related }),
    })
  }
}
