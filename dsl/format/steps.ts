/** The layout of steps, patterns, actions and the steps of tests. */
import type { ActionNode, Expr, Pattern, StepNode, TestStepNode } from '../syntax/ast.ts'
import { Comma } from '../syntax/tokens.ts'
import { type Doc, group, indent } from './doc.ts'
import { around, entry, link } from './expressions.ts'
import type { Tape } from './tape.ts'

/** Steps and conditions; all further conditions stand on lines of their own, `by` columns in, if they do not fit. */
export function pattern(tape: Tape, of: Pattern, by: number): Doc {
  const open = tape.take(of.steps[0]?.span[0] ?? of.span[0])
  const steps = of.steps.map((step, index) => [
    index === 0 ? '' : [tape.line(), tape.take(step.span[0])],
    stepDoc(tape, step),
  ])
  const conditions = conjuncts(of.where).map((condition) => [comma(tape), link(tape, condition)])
  return group([indent(by, [open, group(indent(2, steps)), conditions]), tape.take(of.span[1])])
}

function conjuncts(where: Expr | undefined): readonly Expr[] {
  if (where === undefined) return []
  return where.kind === 'and' ? where.of : [where]
}

function comma(tape: Tape): Doc {
  return tape.peek()?.tokenType === Comma ? tape.next() : ''
}

function stepDoc(tape: Tape, step: StepNode): Doc {
  const { subjects, hasSubject, verb, verbSpan, anything, objects, peers, span, ...rest } = step
  rest satisfies Nothing
  return indent(2, tape.fill(span[1]))
}

/** A node's parts that no layout mentions: a new one is a type error here until it has its place. */
export type Nothing = { readonly [K in string]: never }

export function action(tape: Tape, of: ActionNode): Doc {
  switch (of.kind) {
    case 'allow':
    case 'deny':
    case 'quarantine':
    case 'warn':
    case 'ask':
    case 'alert':
    case 'redact':
    case 'trim':
    case 'route':
      return tape.take(of.span[1])
    case 'set':
      return around(tape, of, [of.to])
    case 'replace':
      return around(tape, of, [of.by])
    case 'retry': {
      const { otherwise } = of
      if (otherwise === undefined) return tape.take(of.span[1])
      const then = { span: otherwise.span, doc: () => action(tape, otherwise) }
      return indent(2, tape.fill(of.span[1], [then]))
    }
    case 'fallBack': {
      if (of.words !== undefined) return around(tape, of, [of.words])
      const entries = of.values.map((each) => ({ span: each.span, doc: () => entry(tape, each) }))
      return indent(2, tape.fill(of.span[1], entries))
    }
    default:
      return unplaced(of)
  }
}

/** A step with its values, which go on below each other. */
export function testStep(tape: Tape, of: TestStepNode): Doc {
  const { after, sameTurn, step, values, scores, actor, roles, tenant, span, ...rest } = of
  rest satisfies Nothing
  const head = [tape.take(step.span[0]), stepDoc(tape, step)]
  const entries = [...values, ...scores]
    .sort((a, b) => a.span[0] - b.span[0])
    .map((each) => ({ span: each.span, doc: () => entry(tape, each) }))
  if (entries.length === 0) return [head, tape.take(span[1])]
  return [head, tape.take(entries[0]!.span[0]), indent(2, tape.fill(span[1], entries))]
}

function unplaced(node: never): never {
  throw new Error(`no layout for ${JSON.stringify(node)}`)
}
