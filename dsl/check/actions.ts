/** What a rule or a breach asks for. */

import type { StepKind } from '../judge/step.ts'
import type { ActionNode, Expr, Path, Pattern } from '../syntax/ast.ts'
import { checkComparison } from './comparisons.ts'
import type { Environment } from './environment.ts'
import { typeOf } from './expressions.ts'
import { PEOPLE_MAX } from './people.ts'
import { checkFallBack, checkRoute, refuseKinds } from './substitutes.ts'
import { showType } from './type-text.ts'
import type { Checker } from './typing.ts'

/** Attempts that a `retry` may give; an agent that is denied five times in a row is stopped. */
const RETRIES_MAX = 4
/** What a `trim` may leave: as much as any text may have. */
const TRIM_MAX = 4_000_000
/** What an agent does of itself; the rest has happened to it. */
const RETRIED: ReadonlySet<StepKind> = new Set([
  'calls',
  'answers',
  'sends',
  'remembers',
  'recalls',
  'spawns',
  'enters',
  'leaves',
  'finishes',
])

export function checkAction(
  action: ActionNode,
  env: Environment,
  when: Pattern | undefined,
  checker: Checker,
): void {
  switch (action.kind) {
    case 'ask':
      return checkAsk(action, checker)
    case 'set':
      return checkSetting(action.field, action.to, env, checker)
    case 'redact':
      return checkFound(action, action.what, action.field, env, when, checker)
    case 'replace':
      return checkReplacement(action, env, when, checker)
    case 'trim':
      return checkTrimming(action, env, checker)
    case 'retry':
      return checkRetry(action, env, when, checker)
    case 'route':
      return checkRoute(action, when, checker)
    case 'fallBack':
      return checkFallBack(action, env, when, checker)
  }
}

function checkAsk(action: ActionNode & { kind: 'ask' }, { report }: Checker): void {
  const { who, people, within, span } = action
  if (people && !(Number.isInteger(people.count) && people.count >= 1 && people.count <= PEOPLE_MAX))
    report.add('P0218', people.span, `a number of people is a whole number from 1 to ${PEOPLE_MAX}`)
  if (within === undefined) {
    report.add(
      'P0215',
      span,
      `\`ask ${who.name}\` waits without end`,
      'Say how long: `within 4 hours, otherwise deny`.',
    )
  } else if (within.kind !== 'duration' && within.kind !== 'broken') {
    report.add('P0205', within.span, 'a length of time is needed here', 'Add its unit: `4 hours`.')
  }
}

function checkSetting(field: Path, to: Expr, env: Environment, checker: Checker): void {
  const target = typeOf(field, env, checker)
  const value = typeOf(to, env, checker)
  if (checker.refs.get(field)?.kind !== 'field')
    checker.report.add('P0216', field.span, 'only a field of the step can be set')
  else if (target.kind === 'number' && value.kind === 'number') return
  else checkComparison('==', field, to, checker)
}

/** A field becomes the value; what a detector finds becomes a text that is written here. */
function checkReplacement(
  action: ActionNode & { kind: 'replace' },
  env: Environment,
  when: Pattern | undefined,
  checker: Checker,
): void {
  const { what, field, by } = action
  if (field === undefined && !isDetector(what, env)) return checkSetting(what, by, env, checker)
  checkFound(action, what, field, env, when, checker)
  if (by.kind !== 'text' && by.kind !== 'broken')
    checker.report.add('P0216', by.span, 'what is found is replaced by a text', 'Write it in double quotes.')
}

function checkTrimming(
  { field, most, unit }: ActionNode & { kind: 'trim' },
  env: Environment,
  checker: Checker,
): void {
  const type = typeOf(field, env, checker)
  const fits = unit === 'items' ? type.kind === 'list' : type.kind === 'text' || type.kind === 'choice'
  if (!fits && type.kind !== 'anything')
    checker.report.add(
      'P0217',
      field.span,
      `\`${field.parts.at(-1)!.name}\` is ${showType(type)}, which has no ${unit}`,
      'A text is trimmed to characters, a list to items.',
    )
  else if (checker.refs.get(field)?.kind !== 'field')
    checker.report.add('P0216', field.span, 'only a field of the step can be trimmed')
  checkCount(most, 0, TRIM_MAX, `a number of ${unit}`, checker)
}

function checkRetry(
  { most, otherwise, span }: ActionNode & { kind: 'retry' },
  env: Environment,
  when: Pattern | undefined,
  checker: Checker,
): void {
  refuseKinds(span, when, RETRIED, 'has happened already, there is nothing to try again', checker)
  checkCount(most, 1, RETRIES_MAX, 'a number of attempts', checker)
  if (otherwise === undefined) return
  if (otherwise.kind === 'ask' || otherwise.kind === 'deny' || otherwise.kind === 'quarantine')
    checkAction(otherwise, env, when, checker)
  else
    checker.report.add(
      'P0226',
      otherwise.span,
      'when nothing helped, the step is stopped',
      'Write `otherwise deny`, `otherwise ask … within …` or `otherwise quarantine`.',
    )
}

function checkCount(
  count: Expr | undefined,
  least: number,
  most: number,
  what: string,
  { report }: Checker,
): void {
  if (count === undefined || count.kind === 'broken') return
  const value = count.kind === 'number' && count.unit === undefined ? count.value : Number.NaN
  if (!Number.isInteger(value) || value < least || value > most)
    report.add('P0218', count.span, `${what} is a whole number from ${least} to ${most}`)
}

function isDetector(what: Path, env: Environment): boolean {
  return what.parts.length === 1 && env.fields.lookup(what.parts[0]!.name).kind === 'none'
}

/** A text field, or what a detector finds in one. */
function checkFound(
  action: ActionNode,
  what: Path,
  field: Path | undefined,
  env: Environment,
  when: Pattern | undefined,
  checker: Checker,
): void {
  const [head] = what.parts
  if (field === undefined && !isDetector(what, env)) {
    redactField(what, env, checker)
    checker.redactPaths.set(
      action,
      what.parts.map((part) => part.name),
    )
    return
  }
  const probe: Expr = {
    kind: 'textTest',
    test: 'contains',
    of: { kind: 'text', value: '', span: action.span },
    any: [what],
    spread: false,
    words: false,
    exactly: false,
    span: action.span,
  }
  // Of a step that could not be read every name is a field.
  const named = env.fields.lookup(head!.name)
  const anythingGoes = named.kind === 'found' && named.field.type.kind === 'anything'
  typeOf(probe, env, checker)
  if (!anythingGoes && checker.refs.get(what)?.kind !== 'detector') {
    checker.report.add(
      'P0217',
      what.span,
      `\`${head!.name}\` is neither a field nor a detector`,
      'Redact a text field, or what a detector finds: `redact card_number in text`.',
    )
  }
  if (field !== undefined) redactField(field, env, checker)
  const tested = field ?? testedFor(head!.name, when?.where)
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
