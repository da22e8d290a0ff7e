/**
 * Whether tests can go the wanted way all at once. *No* is a proof; *yes* may be mistaken, since what is not understood
 * is taken to be possible. Each test narrows the values of what it reads, by the judge's own evaluation where these
 * are finitely many and by intervals where they are numbers; two reads are then held against each other.
 */

import { children } from '../../judge/children.ts'
import { interpret } from '../../judge/interpret.ts'
import { comparesFolded } from '../../judge/operations.ts'
import { NOWHERE } from '../../judge/step.ts'
import { fold } from '../../judge/text.ts'
import type { Value } from '../../judge/values.ts'
import type { Compare, Expr } from '../../plan/plan.ts'
import { type Alternatives, type Clause, clausesOf, type Literal } from './clauses.ts'
import { type Constant, type Domain, finite, isEmpty, meet, narrow } from './domain.ts'
import { createOrders, type Order } from './orders.ts'
import { keyOf, rewrite } from './rewrite.ts'
import { type Atom, atomsOf, domainOf, isAtom, isDecided, neededBy, shapeAt, type World } from './world.ts'

export function possible(alternatives: Alternatives, world: World): boolean {
  return alternatives === undefined || alternatives.some((clause) => holdsTogether(clause, world))
}

function holdsTogether(clause: Clause, world: World): boolean {
  const needed = clause.filter((one) => one.certain).flatMap(({ leaf }) => neededBy(leaf))
  const known = new Set(needed.map(keyOf))
  const decided = clause.filter(({ leaf, certain }) => certain || isDecided(leaf, world, known))
  if (!constantsAgree(clause, world) || !agree(decided) || !presenceAgrees(decided, needed, world))
    return false
  if (decided.some((literal) => !itemsAllow(literal, world))) return false
  return valuesRemain(decided, world)
}

/** A test of constants alone goes one way. */
function constantsAgree(clause: Clause, world: World): boolean {
  return clause.every(({ leaf, wanted, certain }) => {
    if (atomsOf(leaf).length > 0) return true
    const value = evaluate(leaf, world)
    return typeof value === 'boolean' ? value === wanted : !certain
  })
}

/** The same test goes one way, and text that contains one of a few words contains one of these and more. */
function agree(decided: readonly Literal[]): boolean {
  const ways = new Map<string, boolean>()
  for (const { leaf, wanted } of decided) {
    const key = keyOf(leaf)
    if (ways.get(key) === !wanted) return false
    ways.set(key, wanted)
  }
  const without = new Map<string, Set<string>>()
  for (const { leaf, wanted } of decided) {
    if (leaf.op !== 'text' || wanted) continue
    const refused = without.get(searchOf(leaf)) ?? new Set()
    for (const one of leaf.any) refused.add(keyOf(one))
    without.set(searchOf(leaf), refused)
  }
  return decided.every(({ leaf, wanted }) => {
    if (leaf.op !== 'text' || !wanted) return true
    const refused = without.get(searchOf(leaf))
    return refused === undefined || !leaf.any.every((one) => refused.has(keyOf(one)))
  })
}

/** A text test without what it looks for. */
function searchOf(leaf: Expr & { op: 'text' }): string {
  return JSON.stringify([leaf.test, leaf.exactly, leaf.words, keyOf(leaf.subject)])
}

/** What is read is there, and what is always there is not missing. */
function presenceAgrees(decided: readonly Literal[], needed: readonly Atom[], world: World): boolean {
  return decided.every(({ leaf, wanted }) => {
    if (leaf.op !== 'present' || wanted) return true
    const { of } = leaf
    if (shapeAt(of, world)?.required === true) return false
    return !needed.some((atom) => isWithin(atom, of))
  })
}

/** `atom` is `whole` or a part of it. */
function isWithin(atom: Expr, whole: Expr): boolean {
  if (keyOf(atom) === keyOf(whole)) return true
  if (atom.op === 'field' && whole.op === 'field') return startsWith(atom.path, whole.path)
  if (atom.op !== 'get') return false
  if (whole.op === 'get' && keyOf(atom.of) === keyOf(whole.of)) return startsWith(atom.path, whole.path)
  return isWithin(atom.of, whole)
}

function startsWith(path: readonly string[], start: readonly string[]): boolean {
  return start.every((part, index) => part === path[index])
}

/** `some x in L has C` needs an `x` for which C can hold; `every x in L has C` fails only by one for which it does not. */
function itemsAllow({ leaf, wanted }: Literal, world: World): boolean {
  if ((leaf.op !== 'some' && leaf.op !== 'every') || wanted !== (leaf.op === 'some')) return true
  const list = shapeAt(leaf.list, world)?.shape
  const items = new Map(world.items)
  if (list?.kind === 'list') items.set(leaf.name, list.of)
  else items.delete(leaf.name)
  return possible(clausesOf(leaf.where, wanted, true), { ...world, items })
}

// ---------------------------------------------------------------- values

/** Narrowing one part may narrow another; more rounds than this change nothing in policies people write. */
const ROUNDS = 3

function valuesRemain(decided: readonly Literal[], world: World): boolean {
  const domains = new Map<string, Domain>()
  const domain = (expr: Expr): Domain => domains.get(keyOf(expr)) ?? domainOf(expr, world)
  const orders = createOrders()
  for (let round = 0; round < ROUNDS; round++) {
    for (const literal of decided) {
      const narrowed = narrowing(literal, domain, world)
      if (narrowed !== undefined) {
        const left = meet(domain(narrowed.of), narrowed.to)
        if (isEmpty(left)) return false
        domains.set(keyOf(narrowed.of), left)
      }
      if (round === 0 && !ordersAllow(literal, orders, world)) return false
    }
  }
  return orders.pairs().every(({ left, right, may }) => boundsAllow(domain(left), domain(right), may))
}

interface Narrowing {
  readonly of: Expr
  readonly to: Domain
}

function narrowing(
  { leaf, wanted }: Literal,
  domain: (expr: Expr) => Domain,
  world: World,
): Narrowing | undefined {
  return (
    byNumber(leaf, wanted, domain, world) ?? byMembers(leaf, wanted) ?? byTrial(leaf, wanted, domain, world)
  )
}

/** `X < constant`, whatever X is. */
function byNumber(
  leaf: Expr,
  wanted: boolean,
  domain: (expr: Expr) => Domain,
  world: World,
): Narrowing | undefined {
  if (leaf.op !== 'compare') return undefined
  const [left, right] = [constantOf(leaf.left, world), constantOf(leaf.right, world)]
  const cmp = wanted ? leaf.cmp : OPPOSITE[leaf.cmp]
  const narrowed = (of: Expr, how: Compare, by: number): Narrowing | undefined =>
    domain(of).kind === 'interval' ? { of, to: narrow(domain(of), how, by) } : undefined
  if (typeof right === 'number' && left === undefined) return narrowed(leaf.left, cmp, right)
  if (typeof left === 'number' && right === undefined) return narrowed(leaf.right, MIRRORED[cmp], left)
  return undefined
}

const OPPOSITE: Readonly<Record<Compare, Compare>> = {
  '==': '!=',
  '!=': '==',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
}
const MIRRORED: Readonly<Record<Compare, Compare>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}

/** `X is "a"`, `X is one of "a", "b"`: one of these, and no other. */
function byMembers(leaf: Expr, wanted: boolean): Narrowing | undefined {
  if (leaf.op === 'text' && leaf.test === 'equals' && wanted && isAtom(leaf.subject)) {
    const values = literals(leaf.any)
    return values && { of: leaf.subject, to: textsOf(values, !leaf.exactly) }
  }
  if (leaf.op === 'in' && wanted && isAtom(leaf.item) && leaf.list.op === 'list') {
    const values = literals(leaf.list.items)
    const folded = leaf.list.items.some((item) => comparesFolded(leaf.item.type, item.type))
    return values && { of: leaf.item, to: textsOf(values, folded) }
  }
  if (leaf.op !== 'compare' || (leaf.cmp === '==') !== wanted || (leaf.cmp !== '==' && leaf.cmp !== '!='))
    return undefined
  const { left, right } = leaf
  const [of, other] = isAtom(left) ? [left, right] : [right, left]
  if (!isAtom(of) || other.op !== 'literal' || typeof other.value !== 'string') return undefined
  return { of, to: textsOf([other.value], comparesFolded(left.type, right.type)) }
}

function literals(exprs: readonly Expr[]): Constant[] | undefined {
  const values = exprs.flatMap((expr) => (expr.op === 'literal' ? [expr.value] : []))
  return values.length === exprs.length ? values : undefined
}

function textsOf(values: readonly Constant[], folded: boolean): Domain {
  return finite(
    folded ? values.map((value) => (typeof value === 'string' ? fold(value) : value)) : values,
    folded,
  )
}

/** One read with finitely many values: each is tried. */
function byTrial(
  leaf: Expr,
  wanted: boolean,
  domain: (expr: Expr) => Domain,
  world: World,
): Narrowing | undefined {
  const atoms = new Map(atomsOf(leaf).map((atom) => [keyOf(atom), atom]))
  const [of] = atoms.values()
  if (of === undefined || atoms.size > 1 || !isPlain(leaf)) return undefined
  const values = domain(of)
  if (values.kind !== 'finite' || (values.folded && !readsFolded(leaf))) return undefined
  const remaining = values.values.filter((value) => {
    const tried = rewrite(leaf, (node) => {
      if (keyOf(node) !== keyOf(of)) return undefined
      return { op: 'literal', value, span: node.span, type: node.type }
    })
    return evaluate(tried, world) === wanted
  })
  return { of, to: finite(remaining, values.folded) }
}

/** Without what depends on more than the values of its reads. */
function isPlain(expr: Expr): boolean {
  switch (expr.op) {
    case 'present':
    case 'count':
    case 'some':
    case 'every':
    case 'total':
      return false
    default:
      return isAtom(expr) || children(expr).every(isPlain)
  }
}

/** Whether the test goes the same way for all texts that read the same. */
function readsFolded(leaf: Expr): boolean {
  if (leaf.op === 'text') return !leaf.exactly && isAtom(leaf.subject)
  if (leaf.op === 'compare')
    return comparesFolded(leaf.left.type, leaf.right.type) && (isAtom(leaf.left) || isAtom(leaf.right))
  return leaf.op === 'in' && leaf.item.type.kind === 'text' && isAtom(leaf.item)
}

// ---------------------------------------------------------------- two reads against each other

type Orders = ReturnType<typeof createOrders>

function ordersAllow({ leaf, wanted }: Literal, orders: Orders, world: World): boolean {
  if (leaf.op !== 'compare') return true
  if (constantOf(leaf.left, world) !== undefined || constantOf(leaf.right, world) !== undefined) return true
  const manner = comparesFolded(leaf.left.type, leaf.right.type)
  return orders.restrict(leaf.left, leaf.right, wanted ? leaf.cmp : OPPOSITE[leaf.cmp], manner)
}

function boundsAllow(left: Domain, right: Domain, may: ReadonlySet<Order>): boolean {
  if (left.kind !== 'interval' || right.kind !== 'interval') return true
  if (may.has('<') && left.low < right.high) return true
  if (may.has('>') && left.high > right.low) return true
  return may.has('=') && left.low <= right.high && right.low <= left.high
}

// ---------------------------------------------------------------- evaluation

/** Has no atoms left, and so reads nothing of the step. */
function evaluate(expr: Expr, world: World): Value {
  return interpret(expr, { step: NOWHERE, fields: {}, tables: world.tables, bindings: [], locals: [] })
}

function constantOf(expr: Expr, world: World): Value {
  return atomsOf(expr).length === 0 ? evaluate(expr, world) : undefined
}
