/**
 * Expressions as JavaScript source. A condition is written in one of two senses, so that three values need not be
 * carried around: `notFalse` (it holds or is unknown) and `notTrue` (it fails or is unknown); both are plain booleans.
 * By Kleene's tables, `and` is false exactly when a part is, so that either sense distributes over `and`, `or`, `not`.
 */
import type { Expr, Table, Type } from '../plan/plan.ts'
import { isCooked, itemType, patternOf } from './interpret.ts'
import { comparesFolded } from './operations.ts'
import { Frame, quote } from './source.ts'
import { fold } from './text.ts'

export interface Surroundings {
  readonly tables: ReadonlyMap<string, Table>
  /** The rule's named values; `l0`, `l1` … hold them. Its bindings are `b0`, `b1` …. */
  readonly locals: readonly Expr[]
}

export type FieldRead = Expr & { op: 'field' }

export type Sense = 'notFalse' | 'notTrue'

const OTHER: Record<Sense, Sense> = { notFalse: 'notTrue', notTrue: 'notFalse' }
const REVERSED = { '==': '!=', '!=': '==', '<': '>=', '<=': '>', '>': '<=', '>=': '<' } as const

/** A JavaScript boolean. */
export function condition(expr: Expr, sense: Sense, frame: Frame, around: Surroundings): string {
  switch (expr.op) {
    case 'not':
      return condition(expr.of, OTHER[sense], frame, around)
    case 'and':
    case 'or': {
      const every = (expr.op === 'and') === (sense === 'notFalse')
      const parts = expr.of.map((of) => condition(of, sense, frame, around))
      return parts.length === 0 ? String(every) : `(${parts.join(every ? ' && ' : ' || ')})`
    }
    case 'compare':
      return comparison(expr, sense, frame, around)
    default:
      return `(${truth(expr, frame, around)} ${sense === 'notFalse' ? '!== false' : '!== true'})`
  }
}

function comparison(
  expr: Expr & { op: 'compare' },
  sense: Sense,
  frame: Frame,
  around: Surroundings,
): string {
  const { cmp, left, right } = expr
  const bothNumbers = isNumber(left, frame) && isNumber(right, frame)
  const equality = cmp === '==' || cmp === '!='
  if (bothNumbers && !equality) {
    // A comparison with an undefined side is false in JavaScript: denying the opposite keeps unknown in.
    const [a, b] = [value(left, frame, around), value(right, frame, around)]
    return sense === 'notFalse' ? `!(${a} ${REVERSED[cmp]} ${b})` : `!(${a} ${cmp} ${b})`
  }
  if (equality && (bothNumbers || (isText(left, frame) && isText(right, frame)))) {
    // Equal in the sense asked for: `x is not y` fails exactly when `x is y` holds.
    const wantEqual = (cmp === '==') === (sense === 'notFalse')
    const [subject, other] = left.op === 'literal' ? [right, left] : [left, right]
    const folded = !bothNumbers && comparesFolded(left.type, right.type)
    if (other.op === 'literal') {
      const t = frame.temp()
      const equal = folded
        ? `foldsTo(${t}, ${quote(fold(String(other.value)))})`
        : `${t} === ${quote(other.value)}`
      return `((${t} = ${value(subject, frame, around)}) === undefined || ${wantEqual ? '' : '!'}(${equal}))`
    }
  }
  return `(${truth(expr, frame, around)} ${sense === 'notFalse' ? '!== false' : '!== true'})`
}

/** true, false or undefined. */
export function truth(expr: Expr, frame: Frame, around: Surroundings): string {
  const code = value(expr, frame, around)
  return isTruth(expr) ? code : `asTruth(${code})`
}

/** A judge value or undefined. */
export function value(expr: Expr, frame: Frame, around: Surroundings): string {
  const of = (inner: Expr) => value(inner, frame, around)
  const constant = (it: unknown) => frame.source.constant(it)
  switch (expr.op) {
    case 'literal':
      return quote(expr.value)
    case 'list':
      if (expr.items.every((item) => item.op === 'literal')) {
        return constant(expr.items.map((item) => (item.op === 'literal' ? item.value : null)))
      }
      return `listOf([${expr.items.map(of).join(', ')}])`
    case 'field':
      return frame.reads.get(readKey(expr)) ?? fieldRead(expr, frame)
    case 'meta':
      return expr.name === 'now' ? 's.at' : `s.${expr.name}`
    case 'get':
      return reading(rawAt(of(expr.of), expr.path, false, frame), expr.type, expr.zone, frame)
    case 'variable': {
      const variable = frame.variables.get(expr.name)
      if (variable === undefined) return 'undefined'
      return variable.cooked ? variable.code : reading(variable.code, expr.type, undefined, frame)
    }
    case 'binding':
      return `(b${expr.index} ?? undefined)`
    case 'local':
      return `l${expr.index}`
    case 'not': {
      const t = frame.temp()
      return `((${t} = ${truth(expr.of, frame, around)}) === undefined ? undefined : !${t})`
    }
    case 'and':
    case 'or':
      return junction(expr, frame, around)
    case 'compare':
      return compared(expr, frame, around)
    case 'same':
      return `same(${of(expr.left)}, ${of(expr.right)}, ${constant(expr.left.type)})`
    case 'in':
      return membership(expr, frame, around)
    case 'text': {
      const words = expr.any.flatMap((one) => (one.op === 'list' ? one.items : [one]))
      const rest = `${expr.exactly}, ${expr.words}`
      const literals = words.flatMap((one) =>
        one.op === 'literal' && typeof one.value === 'string' ? [one.value] : [],
      )
      if (literals.length === words.length) {
        const wanted = constant(expr.exactly ? literals : literals.map(fold))
        return `textAmong(${quote(expr.test)}, ${of(expr.subject)}, ${wanted}, ${rest})`
      }
      return `text(${quote(expr.test)}, ${of(expr.subject)}, [${expr.any.map(of).join(', ')}], ${rest})`
    }
    case 'matches':
      return `matches(${of(expr.subject)}, ${constant(patternOf(expr))})`
    case 'detects':
      return `detects(${of(expr.subject)}, ${quote(expr.detector)})`
    case 'score':
      return `scoreOr(${constant(expr)}, ${of(expr.subject)}, ${expr.to === undefined ? 'undefined' : of(expr.to)}, g)`
    case 'present':
      return presence(expr.of, frame, around)
    case 'default':
      return `(${presence(expr.of, frame, around)} === false ? ${of(expr.to)} : ${of(expr.of)})`
    case 'length':
      return `length(${of(expr.of)})`
    case 'keys':
      return `keys(${of(expr.of)})`
    case 'count':
    case 'some':
    case 'every':
    case 'total':
      return quantified(expr, frame, around)
    case 'arith':
      return calculated(expr, frame, around)
    case 'lookup': {
      const table = around.tables.get(expr.table)
      return table === undefined
        ? 'undefined'
        : `lookup(${constant(table.rows)}, [${expr.keys.map(of).join(', ')}])`
    }
    case 'wall':
      return `wall(${of(expr.of)}, ${quote(expr.zone)}, ${quote(expr.part)})`
    case 'day':
      return `day(${of(expr.of)}, ${quote(expr.zone)})`
  }
}

/** The same for reads that give the same value. */
export function readKey(expr: FieldRead): string {
  return JSON.stringify([expr.path, expr.type, expr.zone])
}

export function fieldRead(expr: FieldRead, frame: Frame): string {
  return reading(rawAt(frame.fields, expr.path, true, frame), expr.type, expr.zone, frame)
}

/** `base` is known to be an object when `sure`. */
function rawAt(base: string, path: readonly string[], sure: boolean, frame: Frame): string {
  const [name] = path
  if (!sure || path.length !== 1 || name === undefined) return `walk(${base}, ${frame.source.constant(path)})`
  return property(base, name)
}

/** An own property of a JSON object; names every object inherits are asked for the slow way. */
export function property(base: string, name: string): string {
  return name in Object.prototype ? `own(${base}, ${quote(name)})` : `${base}[${quote(name)}]`
}

export function reading(raw: string, type: Type, zone: string | undefined, frame: Frame): string {
  switch (type.kind) {
    case 'text':
      return `readText(${raw})`
    case 'number':
      return `readNumber(${raw})`
    case 'flag':
      return `readFlag(${raw})`
    case 'money':
      return `readMoney(${raw}, ${quote(type.currency)})`
    case 'date':
      return `readDate(${raw})`
    case 'time': {
      const named = zone ?? type.zone
      return named === undefined ? `readTime(${raw})` : `readTime(${raw}, ${quote(named)})`
    }
    case 'duration':
      return `readDuration(${raw})`
    case 'choice':
      return `readChoice(${raw}, ${frame.source.constant(type.options)})`
    case 'list':
      return `readList(${raw})`
    case 'map':
    case 'record':
      return `readRecord(${raw})`
    case 'anything':
      return `(${raw} ?? undefined)`
  }
}

function junction(expr: Expr & { op: 'and' | 'or' }, frame: Frame, around: Surroundings): string {
  const decided = expr.op === 'or'
  const temps = expr.of.map((of) => [frame.temp(), truth(of, frame, around)] as const)
  if (temps.length === 0) return String(!decided)
  const tests = temps.map(([t, code]) => `(${t} = ${code}) === ${decided} ? ${decided} : `).join('')
  return `(${tests}${temps.map(([t]) => `${t} === undefined`).join(' || ')} ? undefined : ${!decided})`
}

function compared(expr: Expr & { op: 'compare' }, frame: Frame, around: Surroundings): string {
  const { cmp, left, right } = expr
  const [a, b] = [value(left, frame, around), value(right, frame, around)]
  if (isNumber(left, frame) && isNumber(right, frame)) {
    const [t, u] = [frame.temp(), frame.temp()]
    const operator = cmp === '==' ? '===' : cmp === '!=' ? '!==' : cmp
    return `((${t} = ${a}) === undefined || (${u} = ${b}) === undefined ? undefined : ${t} ${operator} ${u})`
  }
  return `compare(${quote(cmp)}, ${a}, ${b}, ${comparesFolded(left.type, right.type)})`
}

function membership(expr: Expr & { op: 'in' }, frame: Frame, around: Surroundings): string {
  const { item, list } = expr
  const of = itemType(list)
  if (list.op === 'list' && list.items.every((one) => one.op === 'literal')) {
    const values = list.items.map((one) => (one.op === 'literal' ? one.value : ''))
    const t = frame.temp()
    const member = (set: ReadonlySet<unknown>, subject: string) =>
      `((${t} = ${value(item, frame, around)}) === undefined ? undefined : ${frame.source.constant(set)}.has(${subject}))`
    if (isNumber(item, frame) && values.every((one) => typeof one === 'number'))
      return member(new Set(values), t)
    if (isText(item, frame) && values.every((one) => typeof one === 'string')) {
      if (!comparesFolded(item.type, of)) return member(new Set(values), t)
      return member(new Set(values.map((one) => fold(String(one)))), `fold(${t})`)
    }
  }
  const types = `${frame.source.constant(item.type)}, ${frame.source.constant(of)}`
  return `within(${value(item, frame, around)}, ${value(list, frame, around)}, ${types}, ${isCooked(list, around.locals)})`
}

function presence(expr: Expr, frame: Frame, around: Surroundings): string {
  switch (expr.op) {
    case 'field': {
      const [name] = expr.path
      if (expr.path.length === 1 && name !== undefined) return `(${property(frame.fields, name)} != null)`
      return `presentAt(${frame.fields}, ${frame.source.constant(expr.path)})`
    }
    case 'get': {
      const t = frame.temp()
      const there = presence(expr.of, frame, around)
      const path = frame.source.constant(expr.path)
      return `((${t} = ${there}) !== true ? ${t} : presentAt(${value(expr.of, frame, around)}, ${path}))`
    }
    case 'binding':
      return `(b${expr.index} === null ? false : b${expr.index} === undefined ? undefined : true)`
    case 'variable':
      return `(${frame.variables.get(expr.name)?.code ?? 'undefined'} != null)`
    case 'local':
      return presence(around.locals[expr.index]!, frame, around)
    case 'default':
      return presence(expr.of, frame, around)
    default:
      return `(${value(expr, frame, around)} === undefined ? undefined : true)`
  }
}

/** A loop, in a function of its own that takes everything in scope. */
function quantified(
  expr: Expr & { op: 'count' | 'some' | 'every' | 'total' },
  frame: Frame,
  around: Surroundings,
): string {
  const list = value(expr.list, frame, around)
  if (expr.op === 'count' && expr.where === undefined) {
    const t = frame.temp()
    return `(Array.isArray(${t} = ${list}) ? ${t}.length : undefined)`
  }
  const item = frame.source.name('v')
  const variable = { code: item, cooked: isCooked(expr.list, around.locals) }
  const inner = new Frame(
    frame.source,
    [...frame.params, item],
    frame.fields,
    frame.reads,
    new Map(frame.variables).set(expr.name, variable),
  )
  const body = loopBody(expr, inner, around)
  const name = frame.source.define(
    [...frame.params, 'list'],
    inner,
    `if (!Array.isArray(list)) return undefined
let result = ${body.start}
for (let i = 0; i < list.length; i++) {
const ${item} = list[i]
${body.each}
}
return result`,
  )
  return `${name}(${[...frame.params, list].join(', ')})`
}

function loopBody(
  expr: Expr & { op: 'count' | 'some' | 'every' | 'total' },
  frame: Frame,
  around: Surroundings,
): { readonly start: string; readonly each: string } {
  switch (expr.op) {
    case 'some':
    case 'every': {
      const decided = expr.op === 'some'
      const one = truth(expr.where, frame, around)
      const each = `const one = ${one}\nif (one === ${decided}) return ${decided}\nif (one === undefined) result = undefined`
      return { start: String(!decided), each }
    }
    case 'count': {
      const one = expr.where === undefined ? 'true' : truth(expr.where, frame, around)
      return {
        start: '0',
        each: `const one = ${one}\nif (one === undefined) return undefined\nif (one) result++`,
      }
    }
    case 'total': {
      const type = frame.source.constant(expr.type)
      const each = `const one = ${value(expr.of, frame, around)}\nif (typeof one !== 'number') return undefined
result = settle(result + one, ${type})\nif (result === undefined) return undefined`
      return { start: '0', each }
    }
  }
}

function calculated(expr: Expr & { op: 'arith' }, frame: Frame, around: Surroundings): string {
  const { fn, left, right } = expr
  const [a, b] = [value(left, frame, around), value(right, frame, around)]
  const type = frame.source.constant(expr.type)
  const dated = left.type.kind === 'date' || right.type.kind === 'date'
  if (isNumber(left, frame) && isNumber(right, frame) && !dated && (fn === '+' || fn === '-' || fn === '*')) {
    // An undefined side makes NaN, which `settle` takes for unknown.
    return `settle(${a} ${fn} ${b}, ${type})`
  }
  const types = `${frame.source.constant(left.type)}, ${frame.source.constant(right.type)}, ${type}`
  return `arith(${quote(fn)}, ${a}, ${b}, ${types})`
}

const NUMBERS: ReadonlySet<Type['kind']> = new Set(['number', 'money', 'date', 'time', 'duration'])

/** Sure to yield a number or undefined. */
function isNumber(expr: Expr, frame: Frame): boolean {
  switch (expr.op) {
    case 'literal':
      return typeof expr.value === 'number'
    case 'meta':
      return expr.name === 'now'
    case 'field':
    case 'get':
      return NUMBERS.has(expr.type.kind)
    case 'variable':
      return NUMBERS.has(expr.type.kind) && frame.variables.get(expr.name)?.cooked === false
    case 'default':
      return isNumber(expr.of, frame) && isNumber(expr.to, frame)
    case 'arith':
    case 'length':
    case 'count':
    case 'total':
    case 'score':
    case 'day':
      return true
    case 'wall':
      return expr.part !== 'weekday'
    default:
      return false
  }
}

/** Sure to yield a text or undefined. */
function isText(expr: Expr, frame: Frame): boolean {
  const texts = expr.type.kind === 'text' || expr.type.kind === 'choice'
  switch (expr.op) {
    case 'literal':
      return typeof expr.value === 'string'
    case 'meta':
    case 'field':
    case 'get':
      return texts
    case 'default':
      return isText(expr.of, frame) && isText(expr.to, frame)
    case 'variable':
      return texts && frame.variables.get(expr.name)?.cooked === false
    default:
      return false
  }
}

/** Sure to yield a boolean or undefined. */
function isTruth(expr: Expr): boolean {
  switch (expr.op) {
    case 'field':
    case 'get':
      return expr.type.kind === 'flag'
    case 'literal':
      return typeof expr.value === 'boolean'
    case 'default':
      return isTruth(expr.of) && isTruth(expr.to)
    case 'list':
    case 'meta':
    case 'variable':
    case 'binding':
    case 'local':
    case 'length':
    case 'keys':
    case 'count':
    case 'total':
    case 'arith':
    case 'lookup':
    case 'score':
    case 'day':
    case 'wall':
      return false
    default:
      return true
  }
}
