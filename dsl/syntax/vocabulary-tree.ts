/** Concrete → abstract syntax of vocabulary declarations and types. */
import type { CstNode } from 'chevrotain'
import type { Report } from '../diagnostic.ts'
import type { Span } from '../plan/plan.ts'
import type {
  AgentDecl,
  Constraint,
  DetectorDecl,
  FactDecl,
  FieldNode,
  GroupDecl,
  LibraryDecl,
  Limit,
  May,
  MessageDecl,
  NeedsDecl,
  ParameterDecl,
  RecordType,
  SchemaDecl,
  ScopeName,
  TableDecl,
  ToolDecl,
  Trait,
  TypeExpr,
  UseDecl,
  WordsDecl,
} from './ast.ts'
import { has, ident, idents, node, nodes, span, text, texts, token } from './cst.ts'
import { brokenExpr, entries, expr, operand, path, quantity } from './expression-tree.ts'
import { moneyValue, numberValue } from './literals.ts'
import { conditional } from './step-tree.ts'
import { spanOf } from './tokens.ts'

export function schema(cst: CstNode): SchemaDecl {
  return {
    kind: 'schema',
    name: ident(token(cst, 'Name')),
    body: recordType(node(cst, 'recordType')),
    span: span(cst),
  }
}

function recordType(cst: CstNode | undefined): RecordType {
  return {
    kind: 'record',
    fields: fields(cst),
    checks: nodes(cst, 'check').map((check) => ({
      name: text(token(check, 'Text')),
      holds: expr(node(check, 'expr'), span(check)),
      span: span(check),
    })),
    ...(has(cst, 'more') ? { more: 'allowed' as const } : {}),
    span: span(cst),
  }
}

function fields(cst: CstNode | undefined): FieldNode[] {
  return nodes(cst, 'field').flatMap((field) => {
    const name = ident(token(field, 'Name'))
    if (name === undefined) return []
    const written = token(field, 'Colon') === undefined ? undefined : node(field, 'type')
    return [
      {
        name,
        type: type(written),
        constraints: nodes(field, 'constraint').flatMap(constraint),
        span: span(field),
      },
    ]
  })
}

function type(cst: CstNode | undefined): TypeExpr {
  const of = plainType(node(cst, 'plainType'))
  return has(cst, 'null') ? { kind: 'nullable', of, span: span(cst) } : of
}

function plainType(cst: CstNode | undefined): TypeExpr {
  const at = span(cst)
  if (cst === undefined) return { kind: 'broken', span: at }
  if (has(cst, 'text')) {
    const like = text(token(cst, 'mask'))
    const matching = text(token(cst, 'regex'))
    const format = ident(token(cst, 'format'))
    return {
      kind: 'text',
      ...(like === undefined ? {} : { like }),
      ...(matching === undefined ? {} : { matching }),
      ...(format === undefined ? {} : { format }),
      span: at,
    }
  }
  if (has(cst, 'number')) {
    const unit = ident(token(cst, 'unit'))
    return { kind: 'number', whole: has(cst, 'whole'), ...(unit === undefined ? {} : { unit }), span: at }
  }
  if (has(cst, 'money')) {
    const [currency, ...others] = idents(cst, 'currency')
    return { kind: 'money', currency, ...(others.length === 0 ? {} : { others }), span: at }
  }
  if (has(cst, 'always')) return { kind: 'constant', value: operand(node(cst, 'operand')), span: at }
  if (has(cst, 'told')) {
    const by = ident(token(cst, 'tag'))
    return by === undefined
      ? { kind: 'broken', span: at }
      : { kind: 'union', variants: idents(cst, 'variant'), by, span: at }
  }
  if (has(cst, 'time')) {
    const zone = text(token(cst, 'zone'))
    return { kind: 'time', ...(zone === undefined ? {} : { zone }), span: at }
  }
  for (const kind of ['date', 'duration', 'anything'] as const) if (has(cst, kind)) return { kind, span: at }
  if (has(cst, 'yes')) return { kind: 'flag', span: at }
  if (has(cst, 'one')) return { kind: 'choice', options: texts(cst, 'option'), span: at }
  if (has(cst, 'list')) return { kind: 'list', of: type(node(cst, 'type')), span: at }
  if (has(cst, 'map')) {
    const keys = node(cst, 'keyType')
    return {
      kind: 'map',
      of: type(node(cst, 'type')),
      ...(keys === undefined ? {} : { keys: type(keys) }),
      span: at,
    }
  }
  if (has(cst, 'recordType')) return recordType(node(cst, 'recordType'))
  const name = ident(token(cst, 'Name'))
  return name === undefined ? { kind: 'broken', span: at } : { kind: 'named', name, span: at }
}

function constraint(cst: CstNode): Constraint[] {
  const at = span(cst)
  if (has(cst, 'optional')) return [{ kind: 'optional', span: at }]
  if (has(cst, 'unique')) return [{ kind: 'unique', span: at }]
  if (has(cst, 'control')) return [{ kind: 'plain', span: at }]
  if (has(cst, 'distinct')) {
    const by = path(node(cst, 'path'))
    return by === undefined ? [] : [{ kind: 'distinct', by, span: at }]
  }
  const operands = nodes(cst, 'operand')
  const value = operands[0] === undefined ? brokenExpr(at) : operand(operands[0])
  if (has(cst, 'default')) return [{ kind: 'default', value, span: at }]
  if (has(cst, 'from')) {
    const high = operands[1] === undefined ? brokenExpr(at) : operand(operands[1])
    return [{ kind: 'between', low: value, high, span: at }]
  }
  const bound = token(cst, 'bound')?.image
  if (
    bound === 'least' ||
    bound === 'most' ||
    bound === 'over' ||
    bound === 'under' ||
    bound === 'before' ||
    bound === 'after'
  ) {
    return [{ kind: bound, value, span: at }]
  }
  return []
}

export function tool(cst: CstNode): ToolDecl {
  const returns = node(cst, 'type')
  return {
    kind: 'tool',
    name: ident(token(cst, 'Name')),
    takes: takes(node(cst, 'takes'), span(cst)),
    returns: returns === undefined ? undefined : type(returns),
    traits: nodes(cst, 'trait').flatMap(trait),
    span: span(cst),
  }
}

function takes(cst: CstNode | undefined, at: Span): TypeExpr {
  const named = ident(token(cst, 'named'))
  return named === undefined
    ? { kind: 'record', fields: fields(cst), checks: [], span: at }
    : { kind: 'named', name: named, span: named.span }
}

function trait(cst: CstNode): Trait[] {
  const at = span(cst)
  if (has(cst, 'reads')) return [{ kind: 'reads', by: [], span: at }]
  if (has(cst, 'external')) return [{ kind: 'external', by: [], span: at }]
  const by = nodes(cst, 'path').flatMap((one) => path(one) ?? [])
  if (has(cst, 'settles')) return [{ kind: 'settles', by, span: at }]
  return has(cst, 'idempotent') ? [{ kind: 'idempotent', by, span: at }] : []
}

export function use(cst: CstNode): UseDecl | LibraryDecl {
  const found = node(cst, 'library')
  if (found !== undefined) return library(found)
  const name = ident(token(cst, 'Name'))
  return {
    kind: 'use',
    what: has(cst, 'schema') ? 'schema' : 'tools',
    name,
    from: text(token(cst, 'Text')),
    leniently: has(cst, 'leniently'),
    span: span(cst),
  }
}

function library(cst: CstNode): LibraryDecl {
  const number = token(cst, 'number')
  return {
    kind: 'library',
    from: text(token(cst, 'Text')),
    version:
      number === undefined ? text(token(cst, 'quoted')) : { value: number.image, span: spanOf(number) },
    settings: entries(cst),
    as: ident(token(cst, 'Name')),
    span: span(cst),
  }
}

export function parameter(cst: CstNode): ParameterDecl {
  return { kind: 'parameter', field: fields(cst)[0], span: span(cst) }
}

export function needs(cst: CstNode): NeedsDecl {
  const at = span(cst)
  const found = node(cst, 'tool')
  const wanted = node(cst, 'message')
  if (wanted !== undefined) return { kind: 'needs', of: message(wanted), asGroup: false, span: at }
  if (found !== undefined) return { kind: 'needs', of: tool(found), asGroup: false, span: at }
  const name = ident(token(cst, 'Name'))
  const of: ToolDecl = {
    kind: 'tool',
    name,
    takes: takes(node(cst, 'takes'), at),
    returns: undefined,
    traits: [],
    span: at,
  }
  return { kind: 'needs', of: name === undefined ? undefined : of, asGroup: true, span: at }
}

export function message(cst: CstNode): MessageDecl {
  return { kind: 'message', name: ident(token(cst, 'Name')), shape: type(node(cst, 'type')), span: span(cst) }
}

export function agent(cst: CstNode): AgentDecl {
  const clauses = nodes(cst, 'agentClause')
  return {
    kind: 'agent',
    name: ident(token(cst, 'Name')),
    may: clauses.flatMap((clause) => nodes(node(clause, 'may'), 'permission').flatMap(listed)),
    limits: clauses.flatMap((clause) => limits(node(clause, 'limit'))),
    span: span(cst),
  }
}

function listed(cst: CstNode, index: number): May[] {
  return permission(cst).map((may) => (index === 0 ? may : { ...may, follows: true }))
}

function permission(cst: CstNode): May[] {
  const verb = token(cst, 'BaseVerb')?.image
  if (verb === undefined) return []
  const objects = idents(node(cst, 'permitted'))
  const peers = idents(node(cst, 'peers'))
  const anything = has(cst, 'anything') || has(cst, 'any')
  if (verb === 'answer')
    return [
      {
        verb,
        anything,
        objects: [],
        peers: [...objects, ...peers],
        ...(has(cst, 'sentence') ? { bySentence: true as const } : {}),
        span: span(cst),
      },
    ]
  return [{ verb, anything, objects, peers, span: span(cst) }]
}

function limits(cst: CstNode | undefined): Limit[] {
  return nodes(cst, 'allowance').flatMap((allowance): Limit[] => {
    const written = token(allowance, 'Number')
    if (written === undefined) return []
    const at = span(allowance)
    const currency = ident(token(allowance, 'Word'))
    return [
      {
        amount:
          currency === undefined
            ? { kind: 'number', value: numberValue(written.image), span: at }
            : { kind: 'money', value: moneyValue(written.image), currency, span: at },
        scope: scope(node(cst, 'scope')),
        span: at,
      },
    ]
  })
}

export function scope(cst: CstNode | undefined): ScopeName {
  const written = token(cst, 'scope')?.image
  return written === 'agent' || written === 'turn' ? written : 'conversation'
}

export function words(cst: CstNode): WordsDecl {
  return { kind: 'words', name: ident(token(cst, 'Name')), words: texts(cst), span: span(cst) }
}

export function table(cst: CstNode): TableDecl {
  return {
    kind: 'table',
    name: ident(token(cst, 'Name')),
    by: idents(node(cst, 'permitted')),
    rows: nodes(cst, 'row').map((row) => ({
      keys: texts(row),
      value: operand(node(row, 'operand')),
      span: span(row),
    })),
    span: span(cst),
  }
}

export function detector(cst: CstNode): DetectorDecl {
  const promises = nodes(cst, 'promise')
  const saying = (word: string) => promises.find((promise) => has(promise, word))
  const range = saying('gives')
  const threshold = token(saying('threshold'), 'limit')?.image
  const [low, high] = [token(range, 'low')?.image, token(range, 'high')?.image]
  return {
    kind: 'detector',
    name: ident(token(cst, 'Name')),
    cost: quantity(node(saying('cost'), 'quantity')),
    within: quantity(node(saying('within'), 'quantity')),
    range: low === undefined || high === undefined ? undefined : [numberValue(low), numberValue(high)],
    threshold: threshold === undefined ? undefined : numberValue(threshold),
    span: span(cst),
  }
}

export function group(cst: CstNode): GroupDecl {
  return {
    kind: 'group',
    name: ident(token(cst, 'Name')),
    members: idents(node(cst, 'names')),
    span: span(cst),
  }
}

export function fact(cst: CstNode, report: Report): FactDecl {
  return {
    kind: 'fact',
    name: ident(token(cst, 'Name')),
    is: conditional(node(cst, 'conditional'), report),
    span: span(cst),
  }
}
