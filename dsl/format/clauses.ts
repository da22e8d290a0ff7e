/** The layout of rules, consistencies and tests: a clause a line. */
import type { ActionNode, ConsistencyDecl, NamedValue, Notes, RuleDecl, TestDecl } from '../syntax/ast.ts'
import { K, type Keyword, type Token } from '../syntax/tokens.ts'
import { type Doc, group, indent } from './doc.ts'
import { chain } from './expressions.ts'
import { form, stretch } from './forms.ts'
import { body, type Member, type Part } from './members.ts'
import { byPlace } from './schemas.ts'
import { action, type Nothing, pattern, testStep } from './steps.ts'
import type { Tape } from './tape.ts'

export const NOTES: readonly Keyword[] = ['because', 'remedy', 'severity', 'mode', 'on']
/** `because` and `remedy`, `given`, `when` and `expect` put what they say into one column. */
const COLUMN = new Map<Token['tokenType'], number>([K.remedy, K.given, K.when].map((type) => [type, 6]))
COLUMN.set(K.remedy, 'because'.length)

export function rule(tape: Tape, of: RuleDecl): Doc {
  const { kind, name, when, named, action: then, notes, span, ...rest } = of
  rest satisfies Nothing
  const parts: Part[] = [
    ...noted(tape, notes),
    ...named.map((each) => part(each, () => namedValue(tape, each))),
  ]
  if (when !== undefined) parts.push(part(when, () => pattern(tape, when, 1)))
  if (then !== undefined) parts.push(part(then, () => action(tape, then)))
  return clauses(tape, of, parts, ['when', 'where', 'then', ...NOTES], (member) =>
    member.first.tokenType === K.where ? where(tape, member) : clause(tape, member, notes),
  )
}

export function consistency(tape: Tape, of: ConsistencyDecl): Doc {
  const { kind, name, scope, forEach, keptForever, during, form: says, otherwise, notes, span, ...rest } = of
  rest satisfies Nothing
  const parts: Part[] = noted(tape, notes)
  if (during !== undefined) parts.push({ span: during.span, starts: true, doc: () => stretch(tape, during) })
  for (const key of forEach) parts.push(part(key, () => tape.take(key.span[1])))
  if (keptForever !== undefined)
    parts.push({ span: keptForever.span, starts: true, doc: () => tape.take(keptForever.span[1]) })
  parts.push(...statement(tape, says, otherwise, form))
  return clauses(tape, of, parts, ['for', 'per', 'across', 'kept', 'otherwise', ...NOTES], (member) =>
    clause(tape, member, notes),
  )
}

/** What is said, with `otherwise …` on the same line if it follows at once. */
export function statement<Form extends { readonly span: Part['span'] }>(
  tape: Tape,
  says: Form | undefined,
  otherwise: ActionNode | undefined,
  layout: (tape: Tape, says: Form) => Doc,
): Part[] {
  const then = otherwise === undefined ? [] : [part(otherwise, () => action(tape, otherwise))]
  if (says === undefined) return then
  const alone: Part = { span: says.span, starts: true, doc: () => layout(tape, says) }
  if (otherwise === undefined) return [alone]
  const between = [says.span[1], otherwise.span[0]] as const
  const follows = between[0] < between[1] && tape.tokensIn(between).length <= 2 && !tape.hasComment(between)
  if (!follows) return [alone, ...then]
  const doc = () => {
    const written = layout(tape, says)
    const comma = tape.peek()?.tokenType === K.otherwise ? ',' : tape.next()
    const line = tape.line()
    return group([written, comma, indent(2, [line, tape.take(otherwise.span[0]), action(tape, otherwise)])])
  }
  return [{ span: [says.span[0], otherwise.span[1]], starts: true, doc }]
}

export function test(tape: Tape, of: TestDecl): Doc {
  const { kind, name, startsAt, given, when, expect, span, ...rest } = of
  rest satisfies Nothing
  const parts: Part[] = []
  if (startsAt !== undefined) parts.push(part(startsAt, () => tape.take(startsAt.span[1])))
  for (const step of when === undefined ? given : [...given, when])
    parts.push(part(step, () => testStep(tape, step)))
  if (expect !== undefined) parts.push(part(expect, () => tape.take(expect.span[1])))
  return clauses(tape, of, parts, ['at', 'given', 'when', 'expect'], (member) =>
    clause(tape, member, 'column'),
  )
}

export function part(of: { readonly span: Part['span'] }, doc: () => Doc): Part {
  return { span: of.span, doc }
}

export function noted(tape: Tape, notes: Notes): Part[] {
  const { because, remedy, severity, shadow, onError, ...rest } = notes
  rest satisfies Nothing
  return [because, remedy].flatMap((text) =>
    text === undefined ? [] : [part(text, () => tape.take(text.span[1]))],
  )
}

export function clauses(
  tape: Tape,
  of: { readonly name: { readonly span: Part['span'] } | undefined; readonly span: Part['span'] },
  parts: Part[],
  starters: readonly Keyword[],
  member: (member: Member) => Doc,
): Doc {
  const head = tape.take(of.name?.span[1] ?? of.span[0])
  const style = { starters, separator: '', alwaysBreaks: () => true, member } as const
  return [head, body(tape, of.span[1], parts.sort(byPlace), style)]
}

/** A keyword and what it says. */
export function clause(tape: Tape, member: Member, columns: Notes | 'column'): Doc {
  const first = member.parts[0]
  const startsWithPart = first !== undefined && first.span[0] === member.first.startOffset
  const keyword = startsWithPart ? '' : [tape.next(), ' '.repeat(missing(member.first, columns))]
  const says = [member.parts.map((each) => [tape.take(each.span[0]), each.doc()]), tape.take(member.end)]
  return [keyword, indent(startsWithPart ? 0 : hanging(member.first, columns), says)]
}

/** A pattern after `when` hangs by itself. */
function hanging({ tokenType }: Token, columns: Notes | 'column'): number {
  if (columns === 'column') return 'expect '.length
  return tokenType === K.when ? 0 : 2
}

function missing({ tokenType, image }: Token, columns: Notes | 'column'): number {
  const inColumn =
    columns === 'column' ? tokenType !== K.remedy : tokenType === K.remedy && columns.because !== undefined
  return inColumn ? Math.max(0, (COLUMN.get(tokenType) ?? 0) - image.length) : 0
}

/** `where A is …`, each `and B is …` on a line of its own. */
function where(tape: Tape, { parts, end }: Member): Doc {
  const values = parts.map((each, index) => [
    index === 0 ? '' : tape.line(),
    tape.take(each.span[0]),
    each.doc(),
  ])
  return indent(2, [values, tape.take(end)])
}

function namedValue(tape: Tape, of: NamedValue): Doc {
  switch (of.kind) {
    case 'latest': {
      const head = [tape.take(of.of.span[0]), pattern(tape, of.of, 2)]
      return [head, indent(2, tape.fill(of.span[1]))]
    }
    case 'tally': {
      const head = [tape.take(of.of.span[0]), pattern(tape, of.of, 2)]
      const { after } = of
      if (after === undefined) return [head, indent(2, tape.fill(of.span[1]))]
      return [head, indent(2, [tape.fill(after.span[0]), pattern(tape, after, 2)]), tape.take(of.span[1])]
    }
    case 'value':
      return [tape.take(of.value.span[0]), group(indent(2, chain(tape, of.value)))]
    default:
      return unplaced(of)
  }
}

function unplaced(node: never): never {
  throw new Error(`no layout for ${JSON.stringify(node)}`)
}
