/** Concrete → abstract syntax of flows. Never fails; what is missing stays out. */
import type { CstNode } from 'chevrotain'
import type { Report } from '../diagnostic.ts'
import type { Span } from '../plan/plan.ts'
import type {
  ActionNode,
  FlowDecl,
  FlowFormNode,
  FlowLabelNode,
  FlowReadersNode,
  Path,
  Pattern,
  ReaderNode,
  SourceNode,
} from './ast.ts'
import { has, ident, idents, node, nodes, span, text, token } from './cst.ts'
import { path } from './expression-tree.ts'
import { action, notes, pattern, saidOnce } from './step-tree.ts'

export function flow(cst: CstNode, report: Report): FlowDecl {
  const said = new Map<string, Span>()
  const labels: FlowLabelNode[] = []
  const readers: FlowReadersNode[] = []
  const noted: CstNode[] = []
  let form: FlowFormNode | undefined
  let otherwise: ActionNode | undefined
  for (const clause of nodes(cst, 'flowClause')) {
    const at = span(clause)
    if (has(clause, 'label')) {
      const name = ident(token(clause, 'Name'))
      if (name !== undefined) labels.push({ name, on: sources(node(clause, 'sources'), report), span: at })
    } else if (has(clause, 'onlyRead')) {
      const only = node(clause, 'onlyRead')
      readers.push({
        readers: nodes(only, 'reader').flatMap(reader),
        on: sources(node(only, 'sources'), report),
        span: at,
      })
    } else if (has(clause, 'otherwise')) {
      if (saidOnce(said, 'otherwise', at, report)) otherwise = action(node(clause, 'action'))
    } else if (STATEMENTS.some((statement) => has(clause, statement))) {
      const written = has(clause, 'comesOnlyFrom')
        ? comesOnlyFrom(node(clause, 'comesOnlyFrom'), report)
        : has(clause, 'readable')
          ? readable(node(clause, 'readable'), report)
          : neverReaches(node(clause, 'neverReaches'), report)
      if (form === undefined) form = written
      else
        report.add('P0031', at, 'a flow makes one statement', 'Move this one into a `flow` of its own.', [
          { span: form.span, message: 'the first statement' },
        ])
    } else noted.push(...nodes(clause, 'note'))
  }
  return {
    kind: 'flow',
    name: text(token(cst, 'Text')),
    labels,
    readers,
    form,
    otherwise,
    notes: notes(noted, report),
    span: span(cst),
  }
}

const STATEMENTS = ['comesOnlyFrom', 'neverReaches', 'readable'] as const

function reader(cst: CstNode): ReaderNode[] {
  const name = text(token(cst, 'Text'))
  if (name !== undefined) return [{ kind: 'is', text: name, span: span(cst) }]
  const field = path(node(cst, 'path'))
  return field === undefined ? [] : [{ kind: 'field', field, span: span(cst) }]
}

function comesOnlyFrom(cst: CstNode | undefined, report: Report): FlowFormNode {
  return {
    kind: 'comesOnlyFrom',
    part: ident(token(cst, 'part')),
    fields: fields(cst),
    what: pattern(node(cst, 'pattern'), report),
    sources: sources(node(cst, 'sources'), report),
    span: span(cst),
  }
}

function neverReaches(cst: CstNode | undefined, report: Report): FlowFormNode | undefined {
  const label = ident(token(cst, 'labelName'))
  if (label === undefined) return undefined
  return {
    kind: 'neverReaches',
    label,
    fields: fields(cst),
    what: pattern(node(cst, 'pattern'), report),
    ...exceptions(cst),
    span: span(cst),
  }
}

function readable(cst: CstNode | undefined, report: Report): FlowFormNode {
  return {
    kind: 'readable',
    fields: fields(cst),
    what: pattern(node(cst, 'pattern'), report),
    by: nodes(node(cst, 'recipients'), 'path').flatMap((one) => path(one) ?? []),
    ...exceptions(cst),
    span: span(cst),
  }
}

function exceptions(
  cst: CstNode | undefined,
): Pick<FlowFormNode & { kind: 'neverReaches' }, 'evenReworded' | 'releasedBy'> {
  const said = node(cst, 'exceptions')
  return { evenReworded: has(said, 'reworded'), releasedBy: idents(node(said, 'releasers')) }
}

function fields(cst: CstNode | undefined): Path[] {
  return nodes(node(cst, 'flowFields'), 'path').flatMap((one) => path(one) ?? [])
}

function sources(cst: CstNode | undefined, report: Report): SourceNode[] {
  return nodes(cst, 'source').flatMap((one): SourceNode[] => {
    const at = span(one)
    const constant = text(token(one, 'Text'))
    if (constant !== undefined) return [{ kind: 'constant', test: 'is', text: constant, span: at }]
    const affix = text(token(one, 'affix'))
    if (affix !== undefined)
      return [{ kind: 'constant', test: has(one, 'starts') ? 'starts' : 'ends', text: affix, span: at }]
    if (has(one, 'itself')) return [{ kind: 'agent', span: at }]
    const senders = node(one, 'senders')
    if (senders !== undefined)
      return [{ kind: 'messages', from: idents(senders), of: received(senders), span: at }]
    const steps = stepsOf(one, report)
    return steps === undefined ? [] : [{ kind: 'steps', fields: fields(one), ...steps, span: at }]
  })
}

/** `names`: written bare, so that each may be a tool, a message, a group or someone who sends messages. */
function stepsOf(
  cst: CstNode,
  report: Report,
): { of: Pattern; names: Pattern['steps'][number]['objects'] } | undefined {
  const written = node(cst, 'pattern')
  if (written !== undefined) return { of: pattern(written, report), names: [] }
  const givers = node(node(cst, 'results'), 'givers')
  if (givers !== undefined) return { of: given(givers), names: [] }
  const bare = node(cst, 'bare')
  return bare === undefined ? undefined : { of: given(bare), names: idents(bare) }
}

function step(cst: CstNode, verb: string) {
  return {
    subjects: [],
    hasSubject: false,
    verb,
    verbSpan: span(cst),
    anything: false,
    objects: [],
    peers: [],
    span: span(cst),
  }
}

function given(cst: CstNode): Pattern {
  return { steps: [{ ...step(cst, 'result'), objects: idents(cst) }], where: undefined, span: span(cst) }
}

function received(cst: CstNode): Pattern {
  return { steps: [{ ...step(cst, 'receives'), peers: idents(cst) }], where: undefined, span: span(cst) }
}
