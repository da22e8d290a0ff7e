/** The layout of what consistencies say: steps with words between them, broken after each step. */
import type { Span } from '../plan/plan.ts'
import type { FormNode, Pattern, StretchNode } from '../syntax/ast.ts'
import { type Doc, group, indent } from './doc.ts'
import { pattern } from './steps.ts'
import type { Tape } from './tape.ts'

export function form(tape: Tape, of: FormNode): Doc {
  switch (of.kind) {
    case 'needs':
      return phrase(tape, of, [of.what, of.earlier, ...(of.then ?? [])])
    case 'neverAfter':
      return phrase(tape, of, [of.what, of.after])
    case 'followedBy':
      return phrase(tape, of, [of.what, of.by, ...(of.then ?? [])])
    case 'succession':
      return phrase(tape, of, [of.what, of.by, of.no, of.without])
    case 'pair':
      return phrase(tape, of, [of.what, of.other])
    case 'agreement':
      return phrase(tape, of, [of.what, of.latest])
    case 'atMost':
    case 'atLeast':
    case 'exactly':
    case 'total':
    case 'edge':
    case 'steady':
      return phrase(tape, of, [of.what])
    default:
      return unplaced(of)
  }
}

/** `after X`, `between X and Y`, …: the part of a trace a consistency speaks of. */
export function stretch(tape: Tape, of: StretchNode): Doc {
  switch (of.kind) {
    case 'after':
      return phrase(tape, of, [of.opens])
    case 'before':
      return phrase(tape, of, [of.closes])
    case 'between':
    case 'until':
      return phrase(tape, of, [of.opens, of.closes])
    case 'while':
      return tape.take(of.span[1])
    default:
      return unplaced(of)
  }
}

/** Steps in the order they are written, with the words around them. */
export function phrase(tape: Tape, of: { readonly span: Span }, steps: readonly Pattern[]): Doc {
  const made: Doc[] = []
  for (const step of [...steps].sort((a, b) => a.span[0] - b.span[0])) {
    made.push(tape.take(step.span[0]), pattern(tape, step, 2))
    if ((tape.peek()?.startOffset ?? of.span[1]) < of.span[1] && made.length === 2) made.push(tape.line())
  }
  return group(indent(2, [made, tape.take(of.span[1])]))
}

function unplaced(node: never): never {
  throw new Error(`no layout for ${JSON.stringify(node)}`)
}
