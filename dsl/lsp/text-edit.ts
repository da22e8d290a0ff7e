import type { Span } from '../plan/plan.ts'

/** `span` of the text becomes `text`. */
export interface TextEdit {
  readonly span: Span
  readonly text: string
}

/** The edits do not overlap; their spans are of the text before any of them. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let out = ''
  let at = 0
  for (const { span, text: put } of [...edits].sort((a, b) => a.span[0] - b.span[0])) {
    out += text.slice(at, span[0]) + put
    at = span[1]
  }
  return out + text.slice(at)
}
