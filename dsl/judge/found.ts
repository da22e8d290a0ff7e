/** What a rule found, from the values of its sub-expressions: the sentence and the values of a reason. */
import type { Expr, Rule } from '../plan/plan.ts'
import { children } from './children.ts'
import type { Bound, Part } from './interpret.ts'
import { inWords, shown } from './show.ts'
import type { Json } from './step.ts'
import type { Value } from './values.ts'

/** Facts a sentence holds. */
const FACTS_MAX = 6

/** The path as the policy writes it; undefined for anything but a plain read. */
export function nameOf(expr: Expr, rule: Pick<Rule, 'bindings' | 'locals'>): string | undefined {
  switch (expr.op) {
    case 'field':
      return expr.path.join('.')
    case 'get': {
      const base = nameOf(expr.of, rule)
      return base === undefined ? undefined : [base, ...expr.path].join('.')
    }
    case 'binding':
      return rule.bindings[expr.index]?.name
    case 'local':
      return rule.locals[expr.index]?.name
    case 'variable':
      return expr.name
    case 'meta':
      return expr.name
    case 'score':
      return `${expr.detector} in ${nameOf(expr.subject, rule) ?? 'it'}`
    default:
      return undefined
  }
}

export function valuesOf(
  parts: readonly Part[],
  rule: Pick<Rule, 'bindings' | 'locals'>,
): Record<string, Json> {
  const values: Record<string, Json> = {}
  for (const { expr, value } of parts) {
    // A whole earlier step is told by the fields that were read of it.
    if (expr.op === 'meta' || (expr.op === 'binding' && rule.bindings[expr.index]?.tally === undefined))
      continue
    const name = nameOf(expr, rule)
    if (name !== undefined) values[name] = shown(value, expr.type)
  }
  return values
}

/** `amount` is 150 USD, over 100 USD; `tier` is "gold". */
export function factsOf(
  where: Expr,
  parts: readonly Part[],
  rule: Pick<Rule, 'bindings' | 'locals'>,
  bindings: readonly Bound[],
): string {
  const values = new Map<Expr, Value>()
  for (const part of parts) values.set(part.expr, part.value)
  const facts: string[] = []
  const say = (fact: string) => {
    if (facts.length < FACTS_MAX && !facts.includes(fact)) facts.push(fact)
  }
  const visit = (expr: Expr, wanted: boolean): void => {
    if (!values.has(expr)) return
    if (expr.op === 'not') return visit(expr.of, !wanted)
    if (expr.op === 'and' || expr.op === 'or') {
      // Of alternatives only those that spoke are worth telling.
      for (const of of expr.of) if (values.get(of) !== !wanted) visit(of, wanted)
      return
    }
    for (const leaf of leavesOf(expr)) {
      const name = nameOf(leaf, rule)
      if (name === undefined || leaf.op === 'variable') continue
      const value = values.get(leaf)
      const bound = boundBy(leaf)
      if (bound !== undefined && bindings[bound] === null) {
        say(`there is no \`${rule.bindings[bound]?.name}\` yet: no earlier ${rule.bindings[bound]?.of.shown}`)
        continue
      }
      if (value === undefined) {
        if (values.has(leaf))
          say(
            expr.op === 'present'
              ? `\`${name}\` is missing`
              : leaf.op === 'score' || leaf.op === 'meta'
                ? `\`${name}\` is not known`
                : `\`${name}\` is missing or not ${kindOf(leaf)}`,
          )
        continue
      }
      say(`\`${name}\` is ${inWords(value, leaf.type)}${limitOf(expr, leaf, values)}`)
    }
  }
  visit(where, true)
  return facts.join('; ')
}

/** The binding a read starts at. */
function boundBy(expr: Expr): number | undefined {
  if (expr.op === 'binding') return expr.index
  return expr.op === 'get' ? boundBy(expr.of) : undefined
}

function kindOf(expr: Expr): string {
  const { type } = expr
  return type.kind === 'money'
    ? `money in ${type.currency}`
    : type.kind === 'record'
      ? (type.name ?? 'a record')
      : type.kind
}

const WORDS = {
  '>': 'over',
  '>=': 'at least',
  '<': 'under',
  '<=': 'at most',
  '==': 'equal to',
  '!=': 'not',
} as const
const TURNED = { '>': '<', '>=': '<=', '<': '>', '<=': '>=', '==': '==', '!=': '!=' } as const
const FAILED = { '>': '<=', '>=': '<', '<': '>=', '<=': '>', '==': '!=', '!=': '==' } as const

/** The other side of a comparison, as it came out. */
function limitOf(expr: Expr, leaf: Expr, values: ReadonlyMap<Expr, Value>): string {
  if (expr.op !== 'compare' || (expr.left !== leaf && expr.right !== leaf)) return ''
  const other = expr.left === leaf ? expr.right : expr.left
  const limit = values.get(other)
  const holds = values.get(expr)
  if (limit === undefined || holds === undefined || typeof limit === 'object') return ''
  const turned = expr.left === leaf ? expr.cmp : TURNED[expr.cmp]
  const cmp = holds === true ? turned : FAILED[turned]
  return cmp === '==' ? '' : `, ${WORDS[cmp]} ${inWords(limit, other.type)}`
}

/** The plain reads of an expression, outermost first; of a loop only its list, since its items differ. */
function leavesOf(expr: Expr): readonly Expr[] {
  switch (expr.op) {
    case 'field':
    case 'get':
    case 'binding':
    case 'local':
    case 'variable':
    case 'score':
      return [expr]
    case 'meta':
      // The rest of what a step is goes without saying.
      return expr.name === 'tenant' || expr.name === 'roles' ? [expr] : []
    case 'count':
    case 'some':
    case 'every':
    case 'total':
      return leavesOf(expr.list)
    default:
      return children(expr).flatMap(leavesOf)
  }
}
