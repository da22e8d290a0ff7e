/** The layout of steps, patterns, the forms of consistencies, actions and the steps of tests. */
import type { ActionNode, Expr, FormNode, Pattern, SameKey, StepNode, TestStepNode } from '../syntax/ast.ts'
import { Comma } from '../syntax/tokens.ts'
import { type Doc, group, indent } from './doc.ts'
import { around, entry, expression, link } from './expressions.ts'
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

export function form(tape: Tape, of: FormNode): Doc {
  switch (of.kind) {
    case 'needs':
      return relation(tape, of, of.what, of.earlier, of.same)
    case 'neverAfter':
      return relation(tape, of, of.what, of.after, of.same)
    case 'followedBy':
      return relation(tape, of, of.what, of.by, of.same)
    case 'atMost':
      return relation(tape, of, of.what, undefined, [])
    case 'total': {
      const head = [tape.take(of.what.span[0]), pattern(tape, of.what, 2)]
      return group(indent(2, [head, tape.line(), around(tape, of, [of.atMost])]))
    }
    default:
      return unplaced(of)
  }
}

/** `X needs an earlier Y within …`: breaks before the words between X and Y, and before each term. */
function relation(
  tape: Tape,
  of: FormNode,
  what: Pattern,
  other: Pattern | undefined,
  same: readonly SameKey[],
): Doc {
  const first = pattern(tape, what, 2)
  const made: Doc[] = [first, tape.line()]
  if (other !== undefined) made.push(tape.take(other.span[0]), pattern(tape, other, 2))
  if (same.length > 0) {
    made.push(tape.take(same[0]!.span[0]))
    made.push(indent(2, tape.fill(same.at(-1)!.span[1])))
  }
  made.push(tape.take(of.span[1]))
  return group(indent(2, made))
}

export function action(tape: Tape, of: ActionNode): Doc {
  switch (of.kind) {
    case 'allow':
    case 'deny':
    case 'quarantine':
    case 'warn':
    case 'ask':
    case 'alert':
    case 'redact':
      return tape.take(of.span[1])
    case 'set':
      return around(tape, of, [of.to])
    default:
      return unplaced(of)
  }
}

/** A step with its values, which go on below each other. */
export function testStep(tape: Tape, of: TestStepNode): Doc {
  const { after, sameTurn, step, values, actor, span, ...rest } = of
  rest satisfies Nothing
  const head = [tape.take(step.span[0]), stepDoc(tape, step)]
  if (values.length === 0) return [head, tape.take(span[1])]
  const entries = values.map((each) => ({ span: each.span, doc: () => entry(tape, each) }))
  return [head, tape.take(values[0]!.span[0]), indent(2, tape.fill(span[1], entries))]
}

export function expressionOrNothing(tape: Tape, of: Expr | undefined): Doc {
  return of === undefined ? '' : expression(tape, of)
}

function unplaced(node: never): never {
  throw new Error(`no layout for ${JSON.stringify(node)}`)
}
