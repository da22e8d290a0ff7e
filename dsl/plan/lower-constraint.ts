/** Rules and consistencies with their bindings, bounds and stable ids. */
import type { Model } from '../check/model.ts'
import { limitName } from '../check/tests.ts'
import type {
  ActionNode,
  AgentDecl,
  CalendarNode,
  Limit,
  NamedValue,
  Expr as Node,
  Notes,
  Path,
  Pattern,
  RuleDecl,
  SameKey,
} from '../syntax/ast.ts'
import { walk } from '../syntax/walk.ts'
import { bindingBound, consistencyBound, tallyBound } from './bounds.ts'
import { hashMeaning } from './hash.ts'
import { inUnitOf, lowerExpr } from './lower-expression.ts'
import { narrow } from './narrow.ts'
import type {
  Action,
  Binding,
  Consistency,
  ConsistencyForm,
  Expr,
  JoinKey,
  Meta,
  Rule,
  Span,
  StepPattern,
  Tally,
  Type,
  Window,
} from './plan.ts'
import { shownPattern } from './shown.ts'

type Remembered = Exclude<NamedValue, { kind: 'value' }>
export type LineOf = (offset: number) => number
const FLAG: Type = { kind: 'flag' }

export const pathOf = (path: Path): string[] => path.parts.map((part) => part.name)

export function lowerPattern(
  pattern: Pattern,
  model: Model,
  required: readonly Path[] = [],
  named: readonly NamedValue[] = [],
): StepPattern {
  const resolved = model.patterns.get(pattern)
  if (resolved === undefined) return { any: [], shown: '' }
  const { selectors, where } = narrow(resolved, pattern.where, required, named, model)
  const conditions = [factCondition(pattern, model), where].filter((one): one is Expr => one !== undefined)
  const [first] = conditions
  const all: Expr | undefined =
    conditions.length < 2 ? first : { op: 'and', of: conditions, span: pattern.span, type: FLAG }
  return { any: selectors, ...(all === undefined ? {} : { where: all }), shown: shownPattern(pattern) }
}

function factCondition(pattern: Pattern, model: Model): Expr | undefined {
  const fact = model.patterns.get(pattern)?.fact
  return fact?.is.where === undefined ? undefined : lowerExpr(fact.is.where, model)
}

export function metaOf(name: string, notes: Notes, span: Span, line: LineOf): Omit<Meta, 'id'> {
  return {
    name,
    ...(notes.because === undefined ? {} : { because: notes.because.value }),
    ...(notes.remedy === undefined ? {} : { remedy: notes.remedy.value }),
    ...(notes.severity === undefined ? {} : { severity: notes.severity }),
    shadow: notes.shadow ?? false,
    onError: notes.onError ?? 'deny',
    span,
    line: line(span[0]),
  }
}

// ---------------------------------------------------------------- rules

export function lowerRule(decl: RuleDecl, model: Model, line: LineOf): Rule | undefined {
  if (decl.name === undefined || decl.when === undefined || decl.action === undefined) return undefined
  const remembered = decl.named.filter((value) => value.kind !== 'value')
  const locals = decl.named.filter((value) => value.kind === 'value')
  const action = lowerAction(decl.action, model)
  const body = {
    when: lowerPattern(decl.when, model, actionFields(decl.action, model), decl.named),
    bindings: remembered.map((value, index) => lowerBinding(value, index, decl, model)),
    locals: locals.map((value) => ({ name: value.name.name, value: lowerExpr(value.value, model) })),
    action,
  }
  return {
    id: hashMeaning([decl.name.value, body]),
    ...metaOf(decl.name.value, decl.notes, decl.span, line),
    ...body,
  }
}

/** Fields without which the action has nothing to change. */
function actionFields(action: ActionNode, model: Model): readonly Path[] {
  switch (action.kind) {
    case 'set':
    case 'trim':
      return [action.field]
    case 'replace':
      return [action.field ?? action.what].filter((path) => model.refs.get(path)?.kind === 'field')
    case 'redact':
      return action.field === undefined ? [] : [action.field]
    default:
      return []
  }
}

/** Expressions from which an action makes what the step shall be. */
function actionValues(action: ActionNode): readonly Node[] {
  switch (action.kind) {
    case 'set':
      return [action.to]
    case 'replace':
      return [action.by]
    case 'fallBack':
      return [
        ...action.values.map((entry) => entry.value),
        ...(action.words === undefined ? [] : [action.words]),
      ]
    default:
      return []
  }
}

function lowerBinding(value: Remembered, index: number, decl: RuleDecl, model: Model): Binding {
  const { name, same: keys } = value
  const field = value.kind === 'tally' && value.field !== undefined ? [value.field] : []
  const there = keys.map((key) => key.there)
  const of = lowerPattern(value.of, model, [...there, ...field])
  const same = keys.map(lowerKey)
  if (value.kind === 'latest') {
    const keep = value.texts === undefined ? keptPaths(value, index, decl, same, model) : []
    const texts = value.texts === undefined ? {} : { texts: value.texts }
    const id = hashMeaning([of, same, keep, ...Object.values(texts)])
    return { name: name.name, of, same, keep, ...texts, bound: bindingBound(of, same, value.texts), id }
  }
  const tally: Tally = {
    fn: value.fn,
    ...(value.field === undefined ? {} : { of: lowerExpr(value.field, model) }),
    ...(value.most?.kind === 'number' ? { most: value.most.value } : {}),
    ...windowOf(value),
    ...(value.after === undefined ? {} : { after: lowerPattern(value.after, model, there) }),
  }
  const keep = value.fn === 'latest' ? keptPaths(value, index, decl, same, model) : []
  const id = hashMeaning([of, same, tally, keep])
  return { name: name.name, of, tally, same, keep, bound: tallyBound(tally, of, same), id }
}

export function windowOf({ window, per }: { window?: Node | undefined; per?: CalendarNode }): Window {
  const inMs = durationMs(window)
  return {
    ...(inMs === undefined ? {} : { inMs }),
    ...(per === undefined ? {} : { per: { unit: per.unit, zone: per.zone?.value ?? 'UTC' } }),
  }
}

/** Paths of the remembered step that the rule reads; a path inside another one is covered by it. */
function keptPaths(
  value: Remembered,
  index: number,
  decl: RuleDecl,
  same: readonly JoinKey[],
  model: Model,
): string[][] {
  const found = new Map<string, string[]>()
  let whole = false
  const items = itemsOf(index, decl, model)
  const visit = (node: Node): boolean => {
    // Whether it is present needs no field of it.
    if (node.kind === 'present' && node.of.kind === 'path' && isWhole(node.of, index, model)) return false
    if (node.kind !== 'path') return true
    const ref = model.refs.get(node)
    const isItem = ref?.kind === 'variable' && items.names.has(ref.name)
    const isOwn = ref?.kind === 'binding' && ref.index === index && !items.lists.has(node)
    if (!isItem && !isOwn) return true
    if (ref.rest.length === 0) whole = true
    else found.set(ref.rest.join('.'), [...ref.rest])
    return true
  }
  for (const expr of expressionsOf(decl)) walk(expr, visit)
  if (whole) return []
  // Only its presence matters: one path keeps the memory small.
  if (found.size === 0)
    return [same[0]?.there.slice() ?? firstField(value.of, model)].filter((path) => path.length > 0)
  const paths = Array.from(found.values())
  return paths.filter(
    (path) =>
      !paths.some(
        (other) =>
          other !== path && other.length < path.length && other.every((part, at) => part === path[at]),
      ),
  )
}

/** Where a list of earlier steps is gone through, and what its items are called there. */
function itemsOf(index: number, decl: RuleDecl, model: Model) {
  const lists = new Set<Node>()
  const names = new Set<string>()
  const visit = (node: Node): boolean => {
    if (node.kind !== 'count' && node.kind !== 'quantified' && node.kind !== 'total') return true
    if (node.list.kind !== 'path' || !isWhole(node.list, index, model)) return true
    lists.add(node.list)
    if (node.variable !== undefined) names.add(node.variable.name)
    return true
  }
  for (const expr of expressionsOf(decl)) walk(expr, visit)
  return { lists, names }
}

function firstField(pattern: Pattern, model: Model): string[] {
  return Object.keys(model.patterns.get(pattern)?.candidates[0]?.fields.named ?? {}).slice(0, 1)
}

function isWhole(path: Path, index: number, model: Model): boolean {
  const ref = model.refs.get(path)
  return ref?.kind === 'binding' && ref.index === index && ref.rest.length === 0
}

function expressionsOf(decl: RuleDecl): Node[] {
  const found: Node[] = []
  if (decl.when?.where !== undefined) found.push(decl.when.where)
  for (const value of decl.named) if (value.kind === 'value') found.push(value.value)
  if (decl.action !== undefined) found.push(...actionValues(decl.action))
  return found
}

export function lowerKey(key: SameKey): JoinKey {
  return { there: pathOf(key.there), here: pathOf(key.here) }
}

export function lowerAction(action: ActionNode, model: Model): Action {
  switch (action.kind) {
    case 'allow':
    case 'deny':
    case 'quarantine':
    case 'warn':
      return { kind: action.kind }
    case 'alert':
      return { kind: 'alert', who: action.who.name }
    case 'ask':
      return {
        kind: 'ask',
        who: action.who.name,
        ...(action.people && action.people.count > 1 && { people: action.people.count }),
        withinMs: durationMs(action.within) ?? 0,
        otherwise: action.otherwise,
      }
    case 'set':
      return lowerSetting(action.field, action.to, model)
    case 'replace': {
      if (action.field === undefined && model.refs.get(action.what)?.kind === 'field')
        return lowerSetting(action.what, action.by, model)
      return { ...lowerRedact(action, model), by: action.by.kind === 'text' ? action.by.value : '' }
    }
    case 'redact':
      return lowerRedact(action, model)
    case 'trim':
      return { kind: 'trim', path: pathOf(action.field), most: wholeNumber(action.most) }
    case 'route': {
      const tool = model.vocabulary.tools.get(action.to.name)?.decl.name
      const isTool = tool !== undefined && model.definitions.get(action.to) === tool
      return { kind: 'route', what: isTool ? 'name' : 'peer', to: action.to.name }
    }
    case 'fallBack': {
      const { call, values, words } = action
      const takes = model.vocabulary.tools.get(call?.name ?? '')?.takes.named
      const given = values.map(({ name: { name, span }, value }) => {
        const type = takes?.[name]?.type ?? { kind: 'anything' }
        const parameter: Expr = { op: 'field', path: [name], span, type }
        return { name, value: inUnitOf(parameter, lowerExpr(value, model)) }
      })
      const said = words === undefined ? [] : [{ name: 'text', value: lowerExpr(words, model) }]
      return {
        kind: 'fallBack',
        ...(call === undefined ? {} : { name: call.name }),
        fields: [...given, ...said],
      }
    }
    case 'retry': {
      const { feedback, otherwise } = action
      const then = otherwise === undefined ? undefined : lowerAction(otherwise, model)
      return {
        kind: 'retry',
        ...(feedback === undefined ? {} : { feedback: feedback.value }),
        most: wholeNumber(action.most),
        otherwise:
          then?.kind === 'ask' ? then : { kind: then?.kind === 'quarantine' ? 'quarantine' : 'deny' },
      }
    }
  }
}

function lowerSetting(field: Path, to: Node, model: Model): Action {
  return { kind: 'set', path: pathOf(field), to: inUnitOf(lowerExpr(field, model), lowerExpr(to, model)) }
}

function lowerRedact(action: ActionNode & { kind: 'redact' | 'replace' }, model: Model) {
  const isDetector = model.refs.get(action.what)?.kind === 'detector'
  const path = model.redactPaths.get(action) ?? []
  return { kind: 'redact', path, ...(isDetector ? { detector: action.what.parts[0]!.name } : {}) } as const
}

function wholeNumber(expr: Node | undefined): number {
  return expr?.kind === 'number' ? expr.value : 0
}

export function durationMs(expr: Node | undefined): number | undefined {
  return expr?.kind === 'duration' ? expr.value : undefined
}

type Body = Pick<Consistency, 'scope' | 'forEach' | 'forEachOf' | 'form' | 'during' | 'otherwise'>

export function withBound(name: string, notes: Notes, span: Span, body: Body, line: LineOf): Consistency {
  return {
    id: hashMeaning([name, body.scope === 'fleet' ? withoutLimit(body) : body]),
    ...metaOf(name, notes, span, line),
    ...body,
    bound: consistencyBound(body),
  }
}

/** A ledger outlives its limit: raised or lowered, what has been counted stays counted. */
function withoutLimit({ form, otherwise: _, ...body }: Body): unknown {
  const { times: __, atMost: ___, limit: ____, ...rest } = { times: 0, atMost: 0, limit: 0, ...form }
  return { ...body, form: rest }
}

// ---------------------------------------------------------------- limits

/** What `at most N steps` counts: what the agent does, not what happens to it. Finishing stays possible. */
const OWN_STEPS = ['calls', 'answers', 'sends', 'remembers', 'recalls', 'spawns'] as const

/** `at most 40 steps per conversation`, `at most 0.50 USD per conversation` of an agent. */
export function lowerLimit(agent: AgentDecl, limit: Limit, index: number, line: LineOf): Consistency {
  const name = agent.name?.name ?? ''
  const { amount, span } = limit
  const money = amount.kind === 'money'
  const kinds = money ? (['spends'] as const) : OWN_STEPS
  const what: StepPattern = {
    any: [{ kinds, agents: [name] }],
    shown: money ? `${name} spends` : `a step of ${name}`,
  }
  const form: ConsistencyForm = money
    ? {
        kind: 'total',
        what,
        of: { op: 'field', path: ['amount'], span, type: { kind: 'money', currency: amount.currency.name } },
        atMost: amount.value,
      }
    : { kind: 'atMost', what, times: amount.kind === 'number' ? amount.value : 0 }
  const body: Body = { scope: limit.scope, forEach: [], form, otherwise: { kind: 'deny' } }
  return { ...withBound(limitName(name, index), {}, span, body, line), limit: true }
}
