/** Test cases: complete, about steps that exist, with values that fit their fields. */
import type { Type } from '../plan/plan.ts'
import type { Entry, Expr, TestDecl, TestStepNode } from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { checkOption, checkUnits } from './comparisons.ts'
import { checkLiteral } from './constraints.ts'
import { candidateView, type FieldView, recordView } from './environment.ts'
import { ANYTHING } from './model.ts'
import { pathType } from './names.ts'
import { scorerOf } from './scores.ts'
import { resolvePattern } from './steps.ts'
import { showType } from './type-text.ts'
import type { Checker } from './typing.ts'

export function checkTest(decl: TestDecl, checker: Checker): void {
  const { report, broken } = checker
  const at = decl.name?.span ?? decl.span
  if (!broken.has(decl)) {
    if (decl.when === undefined)
      report.add('P0015', at, 'this test does not say what happens', 'Add `when clerk calls …`.')
    if (decl.expect === undefined)
      report.add('P0015', at, 'this test expects nothing', 'Add `expect allow`, `expect deny because "…"`, …')
  }
  if (decl.startsAt !== undefined) checkLiteral(decl.startsAt, report)
  for (const step of decl.given) checkStep(step, checker)
  if (decl.when !== undefined) checkStep(decl.when, checker)
  const because = decl.expect?.because
  if (because === undefined) return
  const names = checkNames(checker)
  if (names.has(because.value)) return
  const close = nearest(because.value, names)
  report.add(
    'P0108',
    because.span,
    `no rule, consistency or flow is called \`${because.value}\``,
    close === undefined ? undefined : `Did you mean "${close}"?`,
  )
}

/** Everything a verdict may name: rules, consistencies, and what is checked unasked. */
function checkNames(checker: Checker): Set<string> {
  const names = new Set<string>()
  for (const decl of checker.file.declarations) {
    if (
      (decl.kind === 'rule' || decl.kind === 'consistency' || decl.kind === 'flow') &&
      decl.name !== undefined
    )
      names.add(decl.name.value)
    if (decl.kind === 'schema' || decl.kind === 'tool' || decl.kind === 'message' || decl.kind === 'agent') {
      if (decl.name !== undefined) names.add(decl.name.name)
    }
    if (decl.kind === 'agent' && decl.name !== undefined) {
      for (const index of decl.limits.keys()) names.add(limitName(decl.name.name, index))
    }
    if (decl.kind === 'schema')
      for (const check of decl.body.checks) if (check.name !== undefined) names.add(check.name.value)
  }
  return names
}

/** How a limit of an agent is called in verdicts. */
export function limitName(agent: string, index: number): string {
  return index === 0 ? `limit of ${agent}` : `limit ${index + 1} of ${agent}`
}

function checkStep(node: TestStepNode, checker: Checker): void {
  const pattern = { steps: [node.step], where: undefined, span: node.span }
  const resolved = resolvePattern(pattern, checker)
  checker.patterns.set(pattern, resolved)
  if (resolved.fact !== undefined) {
    checker.report.add(
      'P0219',
      node.step.span,
      'a test names the step itself, not a fact',
      'Write the step that makes the fact.',
    )
    return
  }
  const view = candidateView(resolved.candidates, resolved.generic)
  for (const entry of node.values) checkEntry(entry, view, checker)
  for (const { detector, of, value } of node.scores) {
    scorerOf(detector, checker)
    pathType(of, { fields: view, named: new Map(), builtIns: false, asked: new Set() }, checker)
    if (value.kind !== 'number')
      checker.report.add(
        'P0216',
        value.span,
        'a detector gives a number',
        `Write \`${detector.name} in … = 0.9\`.`,
      )
  }
}

function checkEntry(entry: Entry, view: FieldView, checker: Checker): void {
  const looked = view.lookup(entry.name.name)
  if (looked.kind === 'found') checkValue(entry.value, looked.field.type, checker)
  else {
    const close = nearest(entry.name.name, view.names)
    const listed = view.names
      .slice(0, 6)
      .map((name) => `\`${name}\``)
      .join(', ')
    checker.report.add(
      'P0107',
      entry.name.span,
      `the step has no field \`${entry.name.name}\``,
      close !== undefined
        ? `Did you mean \`${close}\`?`
        : listed === ''
          ? 'It has no fields.'
          : `Fields: ${listed}.`,
    )
  }
}

/** Values that break a schema on purpose are fine, values of another sort are not. */
function checkValue(value: Expr, type: Type, checker: Checker): void {
  checkLiteral(value, checker.report)
  const wrong = (): void =>
    checker.report.add('P0216', value.span, `the field is ${showType(type)}`, 'Give a value of that type.')
  if (type.kind === 'anything' || value.kind === 'broken') return
  switch (value.kind) {
    case 'number':
      if (type.kind === 'money')
        checker.report.add(
          'P0202',
          value.span,
          'the field is money, this is a plain number',
          `Give it a currency: \`${value.value} ${type.currency}\`.`,
        )
      else if (type.kind !== 'number') wrong()
      else {
        checkUnits(type.unit, value.unit?.name ?? type.unit, value, value, checker.report)
        checker.types.set(value, type)
      }
      return
    case 'money':
      if (type.kind !== 'money') wrong()
      else if (type.also?.includes(value.currency.name) || type.currency === value.currency.name)
        checker.types.set(value, type)
      else
        checker.report.add(
          'P0203',
          value.span,
          `the field is in ${type.currency}, this is in ${value.currency.name}`,
        )
      return
    case 'text':
      if (type.kind === 'choice') checkOption(value, type.options, checker)
      else if (
        type.kind !== 'text' &&
        type.kind !== 'time' &&
        type.kind !== 'date' &&
        type.kind !== 'duration'
      )
        wrong()
      return
    case 'flag':
    case 'duration':
    case 'date':
    case 'time':
      if (type.kind !== value.kind) wrong()
      return
    case 'list':
      if (type.kind !== 'list') wrong()
      else for (const item of value.items) checkValue(item, type.of, checker)
      return
    case 'record':
      if (type.kind === 'record')
        for (const entry of value.entries)
          checkEntry(
            entry,
            recordView({ named: type.fields, ...(type.open ? { rest: ANYTHING } : {}) }),
            checker,
          )
      else if (type.kind === 'map')
        for (const entry of value.entries) checkValue(entry.value, type.of, checker)
      else wrong()
      return
    default:
      checker.report.add(
        'P0216',
        value.span,
        'a test gives plain values',
        'Write text, a number, money, a date, a time, yes, no, a list or a record.',
      )
  }
}
