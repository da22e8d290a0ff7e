/** Selections that grow from a word over its expression and clause to the declaration. */
import type { Span } from '../plan/plan.ts'
import { walk } from '../syntax/walk.ts'
import { endOf, type PolicyDocument } from './document.ts'
import { expressionsIn } from './expressions-in.ts'

/** Smallest first; each holds the one before. */
export function selectionsAt(document: PolicyDocument, offset: number): readonly Span[] {
  const spans: Span[] = [[0, document.text.length]]
  const add = (span: Span): void => {
    if (span[0] <= offset && offset <= span[1] && span[1] > span[0]) spans.push(span)
  }
  const decl = document.declarationAt(offset)
  if (decl !== undefined) {
    add(decl.span)
    for (const span of bracketsAround(document, decl.span, offset)) add(span)
    for (const expr of expressionsIn(decl)) {
      walk(expr, (node) => {
        add(node.span)
        return node.span[0] <= offset && offset <= node.span[1]
      })
    }
  }
  const token = document.tokenAt(offset)
  if (token !== undefined) {
    add([token.startOffset, endOf(token)])
    if (token.image.startsWith('"') && token.image.length > 2) add([token.startOffset + 1, endOf(token) - 1])
  }
  return nested(spans)
}

/** Longest last; what does not hold the one before is left out. */
function nested(spans: readonly Span[]): readonly Span[] {
  const sorted = [...spans].sort((a, b) => a[1] - a[0] - (b[1] - b[0]))
  const kept: Span[] = []
  for (const span of sorted) {
    const last = kept.at(-1)
    if (last === undefined) kept.push(span)
    else if (span[0] <= last[0] && span[1] >= last[1] && span[1] - span[0] > last[1] - last[0])
      kept.push(span)
  }
  return kept
}

function bracketsAround(document: PolicyDocument, [from, to]: Span, offset: number): readonly Span[] {
  const open: number[] = []
  const found: Span[] = []
  const { tokens } = document.analysis
  for (let index = document.tokensBefore(from); index < tokens.length; index++) {
    const token = tokens[index]!
    if (token.startOffset >= to) break
    if ('{(['.includes(token.image)) open.push(token.startOffset)
    else if ('})]'.includes(token.image)) {
      const start = open.pop()
      if (start === undefined || start > offset || endOf(token) < offset) continue
      found.push([start, endOf(token)])
      if (start < offset && offset < endOf(token)) found.push([start + 1, token.startOffset])
    }
  }
  return found
}
