/** The layout of each declaration. Every node names all its parts, so that a new one does not compile without a place. */
import type { Span } from '../plan/plan.ts'
import type { AgentDecl, Declaration, TableDecl, TableRow, ToolDecl, TypeExpr } from '../syntax/ast.ts'
import { RCurly } from '../syntax/tokens.ts'
import { consistency, rule, test } from './clauses.ts'
import { type Doc, group, indent, NOTHING } from './doc.ts'
import { around } from './expressions.ts'
import { flow } from './flows.ts'
import { body, type Part } from './members.ts'
import { byPlace, fieldDoc, record, typeDoc } from './schemas.ts'
import { type Nothing, pattern } from './steps.ts'
import type { Tape } from './tape.ts'

/** `column`: where the part after the name starts, in a run of declarations that stand in columns. */
export function declaration(tape: Tape, of: Declaration, column = 0): Doc {
  switch (of.kind) {
    case 'policy':
    case 'owner':
    case 'use':
    case 'library':
    case 'parameter':
    case 'needs':
    case 'unknown':
      return hanging(tape.take(of.span[1]))
    case 'detector':
    case 'words':
      return hanging(tape.fill(of.span[1]))
    case 'group':
      return hanging([nameIn(tape, of.name, column), tape.fill(of.span[1])])
    case 'schema':
      return [tape.take(of.body.span[0]), record(tape, of.body, 'ifMany')]
    case 'message':
      return [nameIn(tape, of.name, column), typeDoc(tape, of.shape)]
    case 'tool':
      return tool(tape, of)
    case 'agent':
      return agent(tape, of)
    case 'table':
      return table(tape, of)
    case 'fact':
      return [tape.take(of.is.span[0]), pattern(tape, of.is, 2)]
    case 'rule':
      return rule(tape, of)
    case 'consistency':
      return consistency(tape, of)
    case 'flow':
      return flow(tape, of)
    case 'test':
      return test(tape, of)
    default:
      return unplaced(of)
  }
}

function hanging(of: Doc): Doc {
  return indent(2, of)
}

/** The keyword and the name, filled up to a column. */
function nameIn(tape: Tape, name: { readonly span: Span } | undefined, column: number): Doc {
  const end = name?.span[1] ?? 0
  const width = tape.tokensIn([0, end]).reduce((sum, token) => sum + token.image.length + 1, 0)
  return [tape.take(end), ' '.repeat(Math.max(0, column - width))]
}

function tool(tape: Tape, of: ToolDecl): Doc {
  const { kind, name, takes, returns, traits, span, ...rest } = of
  rest satisfies Nothing
  const head = [tape.take(name?.span[1] ?? span[0]), parameters(tape, takes)]
  const result = returns === undefined ? NOTHING : [tape.take(returns.span[0]), typeDoc(tape, returns)]
  return [head, result, tape.take(span[1])]
}

function parameters(tape: Tape, takes: TypeExpr): Doc {
  tape.tight()
  const open = tape.next()
  if (takes.kind !== 'record') return [open, tape.take(takes.span[1]), tape.next()]
  if (takes.fields.length === 0) return [open, tape.next()]
  const fields = takes.fields.map((field) => {
    const before = tape.take(field.span[0])
    return [before, tape.line(), fieldDoc(tape, field, undefined)]
  })
  // A line that starts with `)` after `}` would be read as something new.
  const close = tape.lastToken()?.tokenType === RCurly ? NOTHING : tape.line()
  return group([open, indent(2, [fields, tape.beforeClose(false)]), close, tape.next()])
}

function agent(tape: Tape, of: AgentDecl): Doc {
  const { kind, name, may, limits, span, ...rest } = of
  rest satisfies Nothing
  const parts = [...may, ...limits].map(
    (each): Part => ({ span: each.span, doc: () => tape.take(each.span[1]) }),
  )
  return [
    tape.take(name?.span[1] ?? span[0]),
    body(tape, span[1], parts.sort(byPlace), {
      starters: ['may', 'at'],
      separator: '',
      alwaysBreaks: (members) => members.length > 1,
      member: (member) => hanging(tape.fill(member.end)),
    }),
  ]
}

function table(tape: Tape, of: TableDecl): Doc {
  const { kind, name, by, rows, span, ...rest } = of
  rest satisfies Nothing
  const widths: number[] = []
  for (const { keys } of rows)
    keys.forEach((key, i) => {
      widths[i] = Math.max(widths[i] ?? 0, width(key))
    })
  const parts = rows.map(
    (row): Part => ({ span: row.span, starts: true, doc: () => hanging(tableRow(tape, row, widths)) }),
  )
  const last = by.at(-1) ?? name
  return [
    hanging(tape.fill(last?.span[1] ?? span[0])),
    body(tape, span[1], parts, {
      starters: [],
      separator: '',
      alwaysBreaks: (members) => members.length > 1,
      member: (member) => member.parts.map((part) => part.doc()),
    }),
  ]
}

/** Keys below keys, values below values. */
function tableRow(tape: Tape, { keys, value, span }: TableRow, widths: readonly number[]): Doc {
  const columns = keys.map((key, i) => {
    const written = [tape.take(key.span[1]), tape.next()]
    return [written, ' '.repeat((widths[i] ?? 0) - width(key))]
  })
  return [columns, around(tape, { span }, [value])]
}

function width(of: { readonly span: Span }): number {
  return of.span[1] - of.span[0]
}

function unplaced(node: never): never {
  throw new Error(`no layout for ${JSON.stringify(node)}`)
}
