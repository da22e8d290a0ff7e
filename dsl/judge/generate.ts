/**
 * One function for each address (kind, agent, name, peer), holding every check that can apply there. It answers
 * only whether nothing at all speaks against a step, and allocates nothing; reasons are the slow path's business.
 */
import type { Expr, Shape, Table } from '../plan/plan.ts'
import type { Applicable } from './applicable.ts'
import type { Cells } from './cells.ts'
import { children } from './children.ts'
import {
  condition,
  type FieldRead,
  fieldRead,
  readKey,
  type Surroundings,
  truth,
  value,
} from './expression-code.ts'
import { hasFormat } from './formats.ts'
import type { Grounds } from './grounds.ts'
import { holds } from './interpret.ts'
import * as operations from './operations.ts'
import type { Register } from './register.ts'
import { asking, scoreOr } from './scores.ts'
import { inRange, isLike, lengthFits } from './shape.ts'
import { fits } from './shape-code.ts'
import { allDistinct, compiledSchema, isPlain, moneyIn } from './shape-tests.ts'
import { Frame, Source } from './source.ts'
import type { Json, Step } from './step.ts'
import { fold, foldsTo } from './text.ts'
import * as values from './values.ts'

/** True only when nothing at all speaks against the step; a false may still turn out to be an allow. */
export type Quiet = (cells: Cells, step: Step, grounds: Grounds | undefined) => boolean

const NEVER: Quiet = () => false

const LIBRARY = {
  ...operations,
  ...values,
  hasFormat,
  isLike,
  lengthFits,
  isPlain,
  allDistinct,
  moneyFits: (shape: Shape & { kind: 'money' }, value: Json) => {
    const read = moneyIn(shape, value)
    return read !== undefined && inRange(read[0], read[1])
  },
  schemaFits: (shape: Shape & { kind: 'json-schema' }, value: Json) => compiledSchema(shape).fits(value),
  scoreOr,
  fold,
  foldsTo,
  asTruth: (value: values.Value): values.Truth => (typeof value === 'boolean' ? value : undefined),
  listOf: (items: values.Value[]): values.Value =>
    items.includes(undefined) ? undefined : (items as Json[]),
}

export function generate(
  checks: Applicable,
  tables: ReadonlyMap<string, Table>,
  registerOf: (id: string) => Register,
): Quiet {
  if (checks.refusals.length > 0 || checks.rules.some((rule) => rule.when.where === undefined)) return NEVER
  const source = new Source()
  const lines: string[] = []
  const plain: Surroundings = { tables, locals: [] }
  const reads = repeatedReads(checks)
  const shared = new Map(Array.from(reads.keys(), (key, i) => [key, `r${i}`]))
  const outer = ['s', 'f', 'g', ...shared.values()]
  const frame = new Frame(source, outer, 'f', shared)

  for (const { shape, of } of checks.shapes) {
    if (of === 'value') lines.push('const value = own(f, "value")')
    lines.push(`if (!${fits(shape, of === 'value' ? 'value' : 'f', frame, plain)}) return false`)
  }
  for (const [key, expr] of reads) lines.push(`const ${shared.get(key)} = ${fieldRead(expr, frame)}`)
  for (const rule of checks.rules) {
    const { where } = rule.when
    if (where === undefined) continue
    const names = [...outer, ...rule.bindings.map((_, i) => `b${i}`), ...rule.locals.map((_, i) => `l${i}`)]
    const around: Surroundings = { tables, locals: rule.locals.map((local) => local.value) }
    const scope = new Frame(source, names, 'f', shared)
    const block: string[] = []
    rule.bindings.forEach((binding, i) => {
      block.push(`const b${i} = ${source.constant(registerOf(binding.id))}.read(c, s)`)
    })
    // Named values may speak of earlier ones only, and their loops cannot take what is not there yet.
    rule.locals.forEach((local, i) => {
      const earlier = new Frame(source, names.slice(0, outer.length + rule.bindings.length + i), 'f', shared)
      const code = value(local.value, earlier, around)
      block.push(`${earlier.temps()}const l${i} = ${code}`)
    })
    const speaks = condition(where, 'notFalse', scope, around)
    lines.push(`{\n${scope.temps()}${block.join('\n')}\nif (${speaks}) return false\n}`)
  }
  for (const { monitor, may } of checks.watches) {
    const matched = (applies: boolean, where: Expr | undefined) =>
      !applies ? 'false' : where === undefined ? 'true' : truth(where, frame, plain)
    const truths = monitor.patterns.map((pattern, i) => matched(may[i] === true, pattern.where))
    // What needs no field is the same for every step: one list for all of them.
    const fixed = monitor.patterns.every((pattern, i) => may[i] !== true || pattern.where === undefined)
    const is = fixed ? source.constant(may) : `[${truths.join(', ')}]`
    lines.push(`if (${source.constant(monitor)}.check(c, s, ${is}) !== undefined) return false`)
  }
  // A ledger has to be asked: that is for the slow path.
  for (const { door, may } of checks.visits) {
    const truths = door.monitor.patterns.flatMap(({ where }, i) =>
      may[i] !== true ? [] : [where === undefined ? 'true' : truth(where, frame, plain)],
    )
    for (const is of truths) lines.push(`if (${is} !== false) return false`)
  }
  for (const flow of checks.flows) {
    const what = flow.what.where === undefined ? 'true' : truth(flow.what.where, frame, plain)
    lines.push(`if (${source.constant(flow)}.check(c, s, ${what}) !== undefined) return false`)
  }
  // What the monitors will be moved by has to be known as well.
  for (const where of checks.told) lines.push(truth(where, frame, plain))
  const body = `(c, s, g) => {\nconst f = s.fields\n${frame.temps()}try {\n${lines.join('\n')}\n} catch { return false }\nreturn true\n}`
  return compile(source.text(Object.keys(LIBRARY), body), source.constants, NEVER)
}

/** Reads that more than one place asks for, by `readKey`. They are pure, so that reading early changes nothing. */
function repeatedReads(checks: Applicable): Map<string, FieldRead> {
  const seen = new Set<string>()
  const repeated = new Map<string, FieldRead>()
  const visit = (expr: Expr): void => {
    if (expr.op === 'field') {
      const key = readKey(expr)
      if (seen.has(key)) repeated.set(key, expr)
      seen.add(key)
    }
    for (const child of children(expr)) visit(child)
  }
  for (const { when, locals } of checks.rules) {
    if (when.where !== undefined) visit(when.where)
    for (const local of locals) visit(local.value)
  }
  return repeated
}

/** The truth of a pattern's own condition; it reads nothing but the step. */
export function generateTruth(
  where: Expr,
  tables: ReadonlyMap<string, Table>,
): (step: Step, grounds: Grounds | undefined) => values.Truth {
  const source = new Source()
  const frame = new Frame(source, ['s', 'f', 'g'], 'f')
  const code = truth(where, frame, { tables, locals: [] })
  const body = `(s, g) => {\nconst f = s.fields\n${frame.temps()}try {\nreturn ${code}\n} catch { return undefined }\n}`
  return compile(
    source.text(Object.keys(LIBRARY), body),
    source.constants,
    (step: Step, grounds: Grounds | undefined) =>
      holds(where, {
        step,
        fields: step.fields,
        tables,
        bindings: [],
        locals: [],
        asking: asking(grounds),
      }),
  )
}

/** Where code may not be made from text (a content security policy), the slow way is taken instead. */
function compile<F>(text: string, constants: readonly unknown[], otherwise: F): F {
  try {
    return new Function('K', 'L', text)(constants, LIBRARY)
  } catch (error) {
    if (error instanceof EvalError) return otherwise
    throw error
  }
}
