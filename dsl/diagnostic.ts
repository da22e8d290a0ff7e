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
  readonly related?: readonly Related[]
  /** Where it is, if that is in a library; `span` is then the `use` that brought it in. */
  readonly elsewhere?: { readonly source: Source; readonly span: Span }
}

export interface Related {
  readonly span: Span
  readonly message: string
  /** The text it is in, if that is not the policy's own. */
  readonly source?: Source
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
  const { code, severity, message, span, help, related = [], elsewhere } = diagnostic
  const main: Related = elsewhere === undefined ? { span, message: '' } : { ...elsewhere, message: '' }
  const used: readonly Related[] = elsewhere === undefined ? [] : [{ span, message: 'used here' }]
  const places = [main, ...related, ...used]
  const positionOf = (place: Related) => (place.source ?? source).position(place.span[0])
  const start = positionOf(main)
  const width = Math.max(...places.map((place) => String(positionOf(place).line).length))
  const gutter = (label: string): string => paint(PAINT.gutter, `${label.padStart(width)} |`)
  const lines = [
    `${paint(PAINT[severity], `${severity}[${code}]`)}${paint(PAINT.plain, `: ${message}`)}`,
    `${' '.repeat(width)}${paint(PAINT.gutter, '-->')} ${(main.source ?? source).file}:${start.line}:${start.column}`,
  ]
  places.forEach((place, index) => {
    const at = positionOf(place)
    const text = (place.source ?? source).lineText(at.line)
    if (index > 0 && place.source?.file !== places[index - 1]?.source?.file)
      lines.push(
        `${' '.repeat(width)}${paint(PAINT.gutter, '-->')} ${(place.source ?? source).file}:${at.line}:${at.column}`,
      )
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
