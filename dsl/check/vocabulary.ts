/** Scopes: every declaration under its name, groups expanded, and what each sort of step carries. */
import type { Report } from '../diagnostic.ts'
import type { Type } from '../plan/plan.ts'
import type {
  AgentDecl,
  Declaration,
  DetectorDecl,
  FactDecl,
  File,
  GroupDecl,
  Ident,
  MessageDecl,
  SchemaDecl,
  TableDecl,
  ToolDecl,
  TypeExpr,
  WordsDecl,
} from '../syntax/ast.ts'
import {
  ANYTHING,
  type Fields,
  type MessageInfo,
  type RecordOf,
  type TableInfo,
  type ToolInfo,
  type Vocabulary,
} from './model.ts'
import { checkTypeNames, DEPTH_MAX, schemaTypes, typeExprType } from './schema-types.ts'
import { showType } from './type-text.ts'

export interface Scopes {
  readonly vocabulary: Vocabulary
  readonly schemaTypes: ReadonlyMap<string, RecordOf>
  readonly definitions: Map<Ident, Ident>
}

type Named = Extract<Declaration, { name: Ident | undefined }>

export function collectScopes(file: File, report: Report): Scopes {
  const definitions = new Map<Ident, Ident>()
  const declared = declareAll(file, report)
  const types = schemaTypes(declared.schemas, definitions, report)
  const typeOf = (type: TypeExpr): Type => typeExprType(type, (name) => types.get(name) ?? ANYTHING)
  const check = (type: TypeExpr): void => checkTypeNames(type, declared.schemas, definitions, report)

  const tools = new Map<string, ToolInfo>()
  for (const [name, decl] of declared.tools) {
    check(decl.takes)
    if (decl.returns !== undefined) check(decl.returns)
    const returns = decl.returns === undefined ? undefined : typeOf(decl.returns)
    tools.set(name, {
      decl,
      takes: recordFields(typeOf(decl.takes), decl.takes, report),
      returns,
      result: resultFields(returns),
    })
  }
  const messages = new Map<string, MessageInfo>()
  for (const [name, decl] of declared.messages) {
    check(decl.shape)
    messages.set(name, { decl, fields: recordFields(typeOf(decl.shape), decl.shape, report) })
  }
  const tables = new Map<string, TableInfo>()
  for (const [name, decl] of declared.tables) tables.set(name, { decl, type: tableType(decl, report) })
  const spendCurrency = spendCurrencyOf(declared)
  const { schemas, agents, words, groups, facts, detectors } = declared
  const members = groupMembers(groups, report)
  const vocabulary: Vocabulary = {
    schemas,
    tools,
    messages,
    agents,
    words,
    tables,
    groups,
    members,
    facts,
    detectors,
    spendCurrency,
  }
  return { vocabulary, schemaTypes: types, definitions }
}

/** The first limit of an agent says it, or else what a look of a detector costs. */
function spendCurrencyOf({ agents, detectors }: Pick<Declared, 'agents' | 'detectors'>): string {
  for (const agent of agents.values()) {
    for (const limit of agent.limits) if (limit.amount.kind === 'money') return limit.amount.currency.name
  }
  for (const { cost } of detectors.values()) if (cost?.kind === 'money') return cost.currency.name
  return 'USD'
}

interface Declared {
  readonly schemas: Map<string, SchemaDecl>
  readonly tools: Map<string, ToolDecl>
  readonly messages: Map<string, MessageDecl>
  readonly agents: Map<string, AgentDecl>
  readonly words: Map<string, WordsDecl>
  readonly tables: Map<string, TableDecl>
  readonly groups: Map<string, GroupDecl>
  readonly facts: Map<string, FactDecl>
  readonly detectors: Map<string, DetectorDecl>
}

function declareAll(file: File, report: Report): Declared {
  const made: Declared = {
    schemas: new Map(),
    tools: new Map(),
    messages: new Map(),
    agents: new Map(),
    words: new Map(),
    tables: new Map(),
    groups: new Map(),
    facts: new Map(),
    detectors: new Map(),
  }
  /** Names that may stand for a step share one space. */
  const steps = new Map<string, Ident>()
  const others = new Map<string, Ident>()
  const fresh = (decl: Named, space: Map<string, Ident>, key: string): decl is Named & { name: Ident } => {
    const { name } = decl
    if (name === undefined) return false
    const first = space.get(key + name.name)
    if (first !== undefined) {
      report.add('P0101', name.span, `\`${name.name}\` is declared twice`, 'Rename one of them.', [
        { span: first.span, message: 'declared here first' },
      ])
      return false
    }
    space.set(key + name.name, name)
    return true
  }
  for (const decl of file.declarations) {
    switch (decl.kind) {
      case 'schema':
        if (fresh(decl, others, 'schema ')) made.schemas.set(decl.name.name, decl)
        break
      case 'agent':
        if (fresh(decl, others, 'agent ')) made.agents.set(decl.name.name, decl)
        break
      case 'detector':
        if (fresh(decl, others, 'detector ')) made.detectors.set(decl.name.name, decl)
        break
      case 'words':
        if (fresh(decl, others, 'words ')) made.words.set(decl.name.name, decl)
        break
      case 'table':
        if (fresh(decl, others, 'table ')) made.tables.set(decl.name.name, decl)
        break
      case 'tool':
        if (fresh(decl, steps, '')) made.tools.set(decl.name.name, decl)
        break
      case 'message':
        if (fresh(decl, steps, '')) made.messages.set(decl.name.name, decl)
        break
      case 'group':
        if (fresh(decl, steps, '')) made.groups.set(decl.name.name, decl)
        break
      case 'fact':
        if (fresh(decl, steps, '')) made.facts.set(decl.name.name, decl)
        break
    }
  }
  uniqueChecks(file, report)
  return made
}

/** Rules and consistencies are named in verdicts, tests in reports. */
function uniqueChecks(file: File, report: Report): void {
  const seen = new Map<string, readonly [number, number]>()
  for (const decl of file.declarations) {
    if (decl.kind !== 'rule' && decl.kind !== 'consistency' && decl.kind !== 'test') continue
    if (decl.name === undefined) continue
    const key = `${decl.kind === 'test' ? 'test' : 'check'} ${decl.name.value}`
    const first = seen.get(key)
    if (first === undefined) seen.set(key, decl.name.span)
    else {
      report.add(
        'P0101',
        decl.name.span,
        `\`${decl.name.value}\` is declared twice`,
        'Verdicts name a check, so each has its own name.',
        [{ span: first, message: 'declared here first' }],
      )
    }
  }
}

function groupMembers(groups: ReadonlyMap<string, GroupDecl>, report: Report): Map<string, readonly Ident[]> {
  const made = new Map<string, readonly Ident[]>()
  const open: string[] = []
  const expand = (name: string, decl: GroupDecl): readonly Ident[] => {
    const done = made.get(name)
    if (done !== undefined) return done
    const all = new Map<string, Ident>()
    open.push(name)
    for (const member of decl.members) {
      const inner = groups.get(member.name)
      if (inner === undefined) all.set(member.name, member)
      else if (open.includes(member.name)) {
        report.add(
          'P0116',
          member.span,
          `the group \`${member.name}\` contains itself`,
          'Name the tools one by one.',
        )
      } else if (open.length >= DEPTH_MAX) {
        report.add('P0017', member.span, 'groups are nested too deeply', 'Name the tools one by one.')
      } else for (const one of expand(member.name, inner)) all.set(one.name, one)
    }
    open.pop()
    const members = Array.from(all.values())
    made.set(name, members)
    return members
  }
  for (const [name, decl] of groups) expand(name, decl)
  return made
}

function recordFields(type: Type, written: TypeExpr, report: Report): Fields {
  if (type.kind === 'record') return { named: type.fields }
  if (type.kind !== 'anything' || written.kind === 'anything') {
    report.add(
      'P0220',
      written.span,
      `${showType(type)} is no record`,
      'Name a schema, or list the fields: `(name: type, …)` or `{ name: type, … }`.',
    )
  }
  return { named: {}, rest: ANYTHING }
}

/** A record's fields are the result's own; any other value is its field `value`. */
function resultFields(returns: Type | undefined): Fields {
  if (returns === undefined) return { named: {} }
  if (returns.kind === 'record') return { named: returns.fields }
  if (returns.kind === 'map') return { named: {}, rest: returns.of }
  if (returns.kind === 'anything') return { named: {}, rest: ANYTHING }
  return { named: { value: { type: returns, optional: false } } }
}

function tableType(decl: TableDecl, report: Report): Type {
  let type: Type | undefined
  for (const row of decl.rows) {
    if (row.keys.length !== decl.by.length) {
      report.add(
        'P0210',
        row.span,
        `this row has ${row.keys.length} keys, the table is by ${decl.by.length}`,
        `Keys: ${decl.by.map((key) => `\`${key.name}\``).join(', ')}.`,
      )
    }
    const value = literalType(row.value)
    if (value === undefined)
      report.add(
        'P0210',
        row.value.span,
        'a table holds numbers, money, lengths of time, text, or yes and no',
      )
    else if (type === undefined) type = value
    else if (showType(type) !== showType(value)) {
      report.add(
        'P0210',
        row.value.span,
        `this is ${showType(value)}, the rows before are ${showType(type)}`,
        'Give all rows values of one type.',
      )
    }
  }
  return type ?? ANYTHING
}

function literalType(value: TableDecl['rows'][number]['value']): Type | undefined {
  switch (value.kind) {
    case 'number':
    case 'duration':
    case 'text':
    case 'flag':
      return { kind: value.kind }
    case 'money':
      return { kind: 'money', currency: value.currency.name }
    case 'broken':
      return ANYTHING
    default:
      return undefined
  }
}
