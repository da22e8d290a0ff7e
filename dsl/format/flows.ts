/** The layout of flows: a clause a line; a statement that does not fit breaks before its sources or its exceptions. */
import type { FlowDecl, FlowFormNode, SourceNode } from '../syntax/ast.ts'
import { Comma } from '../syntax/tokens.ts'
import { clause, clauses, NOTES, noted, statement } from './clauses.ts'
import { type Doc, group, indent } from './doc.ts'
import { phrase } from './forms.ts'
import type { Part } from './members.ts'
import { type Nothing, pattern } from './steps.ts'
import type { Tape } from './tape.ts'

export function flow(tape: Tape, of: FlowDecl): Doc {
  const { kind, name, labels, readers, form, otherwise, notes, span, ...rest } = of
  rest satisfies Nothing
  const parts: Part[] = [...noted(tape, notes), ...statement(tape, form, otherwise, flowForm)]
  for (const { span: at } of [...labels, ...readers])
    parts.push({ span: at, starts: true, doc: () => indent(2, tape.fill(at[1])) })
  return clauses(tape, of, parts, ['otherwise', ...NOTES], (member) => clause(tape, member, notes))
}

function flowForm(tape: Tape, of: FlowFormNode): Doc {
  switch (of.kind) {
    case 'comesOnlyFrom': {
      const head = [tape.take(of.what.span[0]), pattern(tape, of.what, 2)]
      return group(indent(2, [head, tape.line(), sources(tape, of.sources, of.span[1])]))
    }
    case 'neverReaches':
    case 'readable':
      return phrase(tape, of, [of.what])
    default:
      return unplaced(of)
  }
}

/** All on one line, or each on its own. */
function sources(tape: Tape, of: readonly SourceNode[], end: number): Doc {
  const made: Doc[] = []
  for (const { span } of of) {
    if (made.length > 0) {
      if (tape.peek()?.tokenType === Comma) made.push(tape.next())
      made.push(tape.line())
    }
    made.push(tape.take(span[0]), indent(2, tape.fill(span[1])))
  }
  return [group(indent(2, made)), tape.take(end)]
}

function unplaced(node: never): never {
  throw new Error(`no layout for ${JSON.stringify(node)}`)
}
