/** Concrete → abstract syntax of headers, rules, consistencies and tests. Never fails; what is missing stays out. */
import type { CstNode } from 'chevrotain'
import type { Report } from '../diagnostic.ts'
import type { Span } from '../plan/plan.ts'
import type {
  ActionNode,
  Declaration,
  ExpectNode,
  Expr,
  Ident,
  NamedValue,
  Pattern,
  RuleDecl,
  TestDecl,
  TestStepNode,
} from './ast.ts'
import { consistency } from './consistency-tree.ts'
import { has, ident, node, nodes, span, text, texts, token } from './cst.ts'
import { bound, brokenExpr, entries, negation, path, quantity, scores } from './expression-tree.ts'
import { flow } from './flow-tree.ts'
import { numberValue, timeValue } from './literals.ts'
import { action, calendar, conditional, notes, pattern, saidOnce, sameKeys, step } from './step-tree.ts'
import { spanOf } from './tokens.ts'
import {
  agent,
  detector,
  fact,
  group,
  message,
  needs,
  parameter,
  schema,
  table,
  tool,
  use,
  words,
} from './vocabulary-tree.ts'

const BUILDERS: Readonly<Record<string, (cst: CstNode, report: Report) => Declaration>> = {
  policy: (cst) => ({
    kind: 'policy',
    name: text(token(cst, 'Text')),
    version: token(cst, 'number')?.image ?? text(token(cst, 'quoted'))?.value ?? '0',
    span: span(cst),
  }),
  owner: (cst) => ({ kind: 'owner', owner: text(token(cst, 'Text')), span: span(cst) }),
  schema,
  tool,
  message,
  agent,
  words,
  table,
  group,
  fact,
  rule,
  consistency,
  flow,
  test,
  use,
  parameter,
  needs,
  detector,
}

export function declaration(cst: CstNode | undefined, at: Span, report: Report): Declaration {
  for (const name in cst?.children) {
    const found = node(cst, name)
    const build = BUILDERS[name]
    if (found !== undefined && build !== undefined) return { ...build(found, report), span: at }
  }
  return { kind: 'unknown', span: at }
}

function rule(cst: CstNode, report: Report): RuleDecl {
  const clauses = nodes(cst, 'ruleClause')
  const said = new Map<string, Span>()
  let when: Pattern | undefined
  let then: ActionNode | undefined
  const named: NamedValue[] = []
  const noted: CstNode[] = []
  for (const clause of clauses) {
    const at = span(clause)
    if (has(clause, 'when') && saidOnce(said, 'when', at, report))
      when = conditional(node(clause, 'conditional'), report)
    else if (has(clause, 'then') && saidOnce(said, 'then', at, report)) then = action(node(clause, 'action'))
    else if (has(clause, 'where'))
      named.push(...nodes(clause, 'namedValue').flatMap((value) => namedValue(value, report)))
    else noted.push(...nodes(clause, 'note'))
  }
  return {
    kind: 'rule',
    name: text(token(cst, 'Text')),
    when,
    named,
    action: then,
    notes: notes(noted, report),
    span: span(cst),
  }
}

function namedValue(cst: CstNode, report: Report): NamedValue[] {
  const name = ident(token(cst, 'Name'))
  if (name === undefined) return []
  const at = span(cst)
  const past = node(cst, 'remembered')
  if (past !== undefined) return [remembered(past, name, at, report)]
  const value = node(cst, 'negation')
  return [{ kind: 'value', name, value: value === undefined ? brokenExpr(at) : negation(value), span: at }]
}

function remembered(cst: CstNode, name: Ident, at: Span, report: Report): NamedValue {
  const of = pattern(node(cst, 'pattern'), report)
  const same = sameKeys(node(cst, 'sameKeys'))
  const number = token(cst, 'Number')
  const period = node(cst, 'period')
  if (has(cst, 'texts')) {
    if (period !== undefined)
      report.add('P0225', span(period), 'what is kept of texts has no window', 'Leave it out.')
    return {
      kind: 'latest',
      name,
      of,
      same,
      ...(number === undefined ? {} : { texts: numberValue(number.image) }),
      span: at,
    }
  }
  const written = token(cst, 'fn')?.image
  const fn =
    written === 'total' || written === 'average' || written === 'highest' || written === 'lowest'
      ? written
      : has(cst, 'distinct')
        ? 'distinct'
        : has(cst, 'number')
          ? 'count'
          : has(cst, 'time')
            ? 'since'
            : 'latest'
  if (fn === 'latest' && number === undefined && period === undefined)
    return { kind: 'latest', name, of, same, span: at }
  const field = path(node(cst, 'path'))
  const most: Expr | undefined =
    number === undefined
      ? undefined
      : { kind: 'number', value: numberValue(number.image), span: spanOf(number) }
  const after = node(period, 'pattern')
  const window = bound(node(period, 'bound'))
  const per = calendar(period)
  return {
    kind: 'tally',
    name,
    fn,
    ...(field === undefined ? {} : { field }),
    ...(most === undefined ? {} : { most }),
    of,
    same,
    ...(window === undefined ? {} : { window }),
    ...(per === undefined ? {} : { per }),
    ...(after === undefined ? {} : { after: pattern(after, report) }),
    span: at,
  }
}

function test(cst: CstNode, report: Report): TestDecl {
  const given: TestStepNode[] = []
  const said = new Map<string, Span>()
  let startsAt: Expr | undefined
  let when: TestStepNode | undefined
  let expect: ExpectNode | undefined
  for (const clause of nodes(cst, 'testClause')) {
    const at = span(clause)
    const written = node(clause, 'testStep')
    const time = token(clause, 'Time')
    if (time !== undefined && saidOnce(said, 'at', at, report)) {
      startsAt = { kind: 'time', value: timeValue(time.image), written: time.image, span: spanOf(time) }
    } else if (has(clause, 'given')) given.push(...testStep(written))
    else if (has(clause, 'when') && saidOnce(said, 'when', at, report)) when = testStep(written)[0]
    else if (has(clause, 'expect') && saidOnce(said, 'expect', at, report))
      expect = expectNode(node(clause, 'verdict'))
  }
  return { kind: 'test', name: text(token(cst, 'Text')), startsAt, given, when, expect, span: span(cst) }
}

function testStep(cst: CstNode | undefined): TestStepNode[] {
  const [first] = step(node(cst, 'step'))
  if (first === undefined) return []
  return [
    {
      after: quantity(node(cst, 'quantity')),
      sameTurn: has(cst, 'turn'),
      step: first,
      values: entries(cst),
      scores: scores(cst),
      actor: text(token(cst, 'Text')),
      roles: texts(cst, 'role'),
      tenant: text(token(cst, 'whose')),
      span: span(cst),
    },
  ]
}

function expectNode(cst: CstNode | undefined): ExpectNode | undefined {
  const verdict = token(cst, 'kind')?.image
  if (
    verdict !== 'allow' &&
    verdict !== 'repair' &&
    verdict !== 'ask' &&
    verdict !== 'deny' &&
    verdict !== 'quarantine'
  )
    return undefined
  return { verdict, who: ident(token(cst, 'Name')), because: text(token(cst, 'Text')), span: span(cst) }
}
