/** Model → plan: groups, facts and words expanded, limits made counters, meanings hashed. Called only without errors. */
import { permitted } from '../check/declarations.ts'
import type { Model } from '../check/model.ts'
import { resolvePattern } from '../check/steps.ts'
import { Report } from '../diagnostic.ts'
import type { Source } from '../source.ts'
import type { AgentDecl, Declaration, TableDecl, ToolDecl } from '../syntax/ast.ts'
import { textAt } from '../syntax/texts.ts'
import { hashPlan } from './hash.ts'
import { lowerConsistency } from './lower-consistency.ts'
import { lowerLimit, lowerRule } from './lower-constraint.ts'
import { lowerFlow } from './lower-flow.ts'
import { lowerShape } from './lower-shape.ts'
import { lowerTest } from './lower-test.ts'
import { moved } from './moved.ts'
import {
  type Agent,
  type Meta,
  PLAN_VERSION,
  type Plan,
  type Selector,
  type Table,
  type Tool,
} from './plan.ts'

export function lower(source: Source, model: Model): Plan {
  const { vocabulary } = model
  const of = <K extends Declaration['kind']>(kind: K) =>
    model.file.declarations.filter((decl): decl is Extract<Declaration, { kind: K }> => decl.kind === kind)
  const header = of('policy')[0]
  const owner = of('owner')[0]?.owner?.value
  const libraries = model.file.libraries ?? []
  const line = (offset: number): number => {
    const text = textAt(libraries, offset)
    return text === undefined ? source.position(offset).line : text.source.position(offset - text.base).line
  }
  const home = <T extends Meta>(check: T): T => {
    const text = textAt(libraries, check.span[0])
    return text === undefined ? check : { ...moved(check, -text.base), library: text.source.file }
  }
  const agents = Array.from(vocabulary.agents.values())
  const meaning = {
    planVersion: PLAN_VERSION as typeof PLAN_VERSION,
    policy: {
      name: header?.name?.value ?? '',
      version: header?.version ?? '0',
      ...(owner === undefined ? {} : { owner }),
    },
    tools: Array.from(vocabulary.tools.values(), (tool) => lowerTool(tool.decl, model, line)),
    messages: Array.from(vocabulary.messages.values(), ({ decl }) => ({
      name: decl.name?.name ?? '',
      shape: lowerShape(decl.shape, true, model),
      span: decl.span,
      line: line(decl.span[0]),
    })),
    agents: agents.map((agent) => lowerAgent(agent, model, line)),
    tables: Array.from(vocabulary.tables.values(), (table) => lowerTable(table.decl, table.type)),
    rules: of('rule')
      .flatMap((decl) => lowerRule(decl, model, line) ?? [])
      .map(home),
    consistencies: [
      ...agents.flatMap((agent) => agent.limits.map((limit, index) => lowerLimit(agent, limit, index, line))),
      ...of('consistency')
        .flatMap((decl) => lowerConsistency(decl, model, line) ?? [])
        .map(home),
    ],
    flows: of('flow')
      .flatMap((decl) => lowerFlow(decl, model, line) ?? [])
      .map(home),
  }
  const tests = of('test').flatMap((decl) => lowerTest(decl, model, line) ?? [])
  return { ...meaning, policy: { ...meaning.policy, file: source.file }, hash: hashPlan(meaning), tests }
}

function lowerTool(decl: ToolDecl, model: Model, line: (offset: number) => number): Tool {
  const settles = settledBySpends(decl, model)
  const idempotent = decl.traits.find((trait) => trait.kind === 'idempotent')
  return {
    name: decl.name?.name ?? '',
    takes: lowerShape(decl.takes, true, model),
    ...(decl.returns === undefined ? {} : { returns: lowerShape(decl.returns, false, model) }),
    traits: {
      readsOnly: decl.traits.some((trait) => trait.kind === 'reads'),
      external: decl.traits.some((trait) => trait.kind === 'external'),
      idempotent: idempotent !== undefined,
      idempotentBy: idempotent?.by.map((path) => path.parts.map((part) => part.name).join('.')) ?? [],
      ...(settles.length > 0 && { settles: Object.fromEntries(settles) }),
    },
    span: decl.span,
    line: line(decl.span[0]),
  }
}

function settledBySpends(decl: ToolDecl, { vocabulary }: Model): [string, 'amount' | 'tokens'][] {
  const takes = vocabulary.tools.get(decl.name?.name ?? '')?.takes
  const paths = decl.traits.flatMap(({ kind, by }) => (kind === 'settles' ? by : []))
  return paths.map(({ parts }) => {
    const { name } = parts[0]!
    return [name, takes?.named[name]?.type.kind === 'money' ? 'amount' : 'tokens']
  })
}

function lowerAgent(decl: AgentDecl, model: Model, line: (offset: number) => number): Agent {
  const context = { vocabulary: model.vocabulary, definitions: model.definitions, report: new Report() }
  const may = decl.may.flatMap((one): Selector[] => {
    const { selectors } = resolvePattern(permitted(one, undefined), context)
    return selectors.map(({ agents: _, ...selector }) => selector)
  })
  return {
    name: decl.name?.name ?? '',
    may,
    ...(decl.may.some(({ bySentence }) => bySentence) ? { bySentence: true as const } : {}),
    span: decl.span,
    line: line(decl.span[0]),
  }
}

/** Joins a table's keys; no key contains it. */
const KEY_SEPARATOR = '\u001f'

function lowerTable(decl: TableDecl, type: Table['type']): Table {
  const rows: [string, number | string | boolean][] = []
  for (const row of decl.rows) {
    const { value } = row
    if (
      value.kind === 'number' ||
      value.kind === 'money' ||
      value.kind === 'duration' ||
      value.kind === 'text' ||
      value.kind === 'flag'
    ) {
      rows.push([row.keys.map((key) => key.value).join(KEY_SEPARATOR), value.value])
    }
  }
  return { name: decl.name?.name ?? '', rows: Object.fromEntries(rows), type }
}
