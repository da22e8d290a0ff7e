/** What an editor may fold: brackets over several lines, and comments that stand together. */
import type { PolicyDocument } from './document.ts'

export interface Fold {
  /** Lines count from 1; the last one stays in sight when it closes a bracket. */
  readonly from: number
  readonly to: number
  readonly kind: 'region' | 'comment'
}

const OPENING = '{(['
const CLOSING = '})]'

export function foldsOf(document: PolicyDocument): readonly Fold[] {
  return [...brackets(document), ...comments(document)].sort((a, b) => a.from - b.from)
}

function brackets({ analysis }: PolicyDocument): readonly Fold[] {
  const found = new Map<number, Fold>()
  const open: number[] = []
  for (const token of analysis.tokens) {
    const line = token.startLine ?? 1
    if (OPENING.includes(token.image)) open.push(line)
    else if (CLOSING.includes(token.image)) {
      const from = open.pop()
      // The outermost bracket of a line is the one to fold.
      if (from !== undefined && line - 1 > from) found.set(from, { from, to: line - 1, kind: 'region' })
    }
  }
  return Array.from(found.values())
}

function comments({ analysis, source }: PolicyDocument): readonly Fold[] {
  const lines = analysis.comments
    .map((comment) => source.position(comment.startOffset))
    .filter(
      ({ line, column }) =>
        source
          .lineText(line)
          .slice(0, column - 1)
          .trim() === '',
    )
    .map(({ line }) => line)
  const found: Fold[] = []
  for (let at = 0; at < lines.length; ) {
    let end = at
    while (lines[end + 1] === lines[end]! + 1) end++
    if (end > at) found.push({ from: lines[at]!, to: lines[end]!, kind: 'comment' })
    at = end + 1
  }
  return found
}
