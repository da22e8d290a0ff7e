/** What a rule or a breach asks for. */
import type { ActionNode, Expr, Path, Pattern } from '../syntax/ast.ts'
import { checkComparison } from './comparisons.ts'
import type { Environment } from './environment.ts'
import { typeOf } from './expressions.ts'
import { showType } from './type-text.ts'
import type { Checker } from './typing.ts'

export function checkAction(
  action: ActionNode,
  env: Environment,
  when: Pattern | undefined,
  checker: Checker,
): void {
  const { report } = checker
  if (action.kind === 'ask' && action.within === undefined) {
    report.add(
      'P0215',
      action.span,
      `\`ask ${action.who.name}\` waits without end`,
      'Say how long: `within 4 hours, otherwise deny`.',
    )
  } else if (
    action.kind === 'ask' &&
    action.within?.kind !== 'duration' &&
    action.within?.kind !== 'broken'
  ) {
    report.add(
      'P0205',
      action.within?.span ?? action.span,
      'a length of time is needed here',
      'Add its unit: `4 hours`.',
    )
  } else if (action.kind === 'set') {
    const target = typeOf(action.field, env, checker)
    const value = typeOf(action.to, env, checker)
    if (checker.refs.get(action.field)?.kind !== 'field')
      report.add('P0216', action.field.span, 'only a field of the step can be set')
    else if (target.kind === 'number' && value.kind === 'number') return
    else checkComparison('==', action.field, action.to, checker)
  } else if (action.kind === 'redact') checkRedact(action, env, when, checker)
}

function checkRedact(
  action: Extract<ActionNode, { kind: 'redact' }>,
  env: Environment,
  when: Pattern | undefined,
  checker: Checker,
): void {
  const [head] = action.what.parts
  const isDetector = action.what.parts.length === 1 && env.fields.lookup(head!.name).kind === 'none'
  if (!isDetector && action.field === undefined) {
    redactField(action.what, env, checker)
    checker.redactPaths.set(
      action,
      action.what.parts.map((part) => part.name),
    )
    return
  }
  const probe: Expr = {
    kind: 'textTest',
    test: 'contains',
    of: { kind: 'text', value: '', span: action.span },
    any: [action.what],
    spread: false,
    words: false,
    exactly: false,
    span: action.span,
  }
  typeOf(probe, env, checker)
  if (
    checker.refs.get(action.what)?.kind !== 'detector' &&
    checker.types.get(action.what)?.kind !== 'anything'
  ) {
    checker.report.add(
      'P0217',
      action.what.span,
      `\`${head!.name}\` is neither a field nor a detector`,
      'Redact a text field, or what a detector finds: `redact card_number in text`.',
    )
  }
  if (action.field !== undefined) redactField(action.field, env, checker)
  const tested = action.field ?? testedFor(head!.name, when?.where)
  checker.redactPaths.set(action, tested?.parts.map((part) => part.name) ?? [])
}

function redactField(field: Path, env: Environment, checker: Checker): void {
  const type = typeOf(field, env, checker)
  if (type.kind !== 'text' && type.kind !== 'choice' && type.kind !== 'anything') {
    checker.report.add(
      'P0217',
      field.span,
      `\`${field.parts.at(-1)!.name}\` is ${showType(type)}, not text`,
      'Redact a text field.',
    )
  }
}

/** The field that the rule's condition searches for what is to be redacted. */
function testedFor(detector: string, where: Expr | undefined): Path | undefined {
  if (where === undefined) return undefined
  if (where.kind === 'textTest' && where.of.kind === 'path') {
    const [wanted] = where.any
    return wanted?.kind === 'path' && wanted.parts[0]!.name === detector ? where.of : undefined
  }
  if (where.kind === 'and') {
    for (const part of where.of) {
      const found = testedFor(detector, part)
      if (found !== undefined) return found
    }
  }
  return where.kind === 'group' ? testedFor(detector, where.of) : undefined
}
