/** Types: every rule, consistency, schema check and test, with names and types noted in the model's side maps. */
import type { Report } from '../diagnostic.ts'
import type { Type } from '../plan/plan.ts'
import type {
  ActionNode,
  AgentDecl,
  ConsistencyDecl,
  Declaration,
  Expr,
  FactDecl,
  File,
  GroupDecl,
  Ident,
  May,
  Path,
  Pattern,
  RecordType,
  RuleDecl,
  SameKey,
  TypeExpr,
} from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { checkComparison } from './comparisons.ts'
import { checkCurrency, checkLiteral } from './constraints.ts'
import {
  candidateView,
  type Environment,
  type FieldView,
  fieldOf,
  type NamedMeaning,
  recordView,
} from './environment.ts'
import { checkCondition, type Typing, typeOf } from './expressions.ts'
import { ANYTHING, type Fields, type Model, type Ref, type ResolvedPattern } from './model.ts'
import { resolvePattern } from './steps.ts'
import { checkTest } from './tests.ts'
import { showType } from './type-text.ts'
import { collectScopes, type Scopes } from './vocabulary.ts'

export interface Checker extends Typing {
  readonly file: File
  readonly patterns: Map<Pattern, ResolvedPattern>
  readonly redactPaths: Map<ActionNode, readonly string[]>
  readonly broken: ReadonlySet<Declaration>
}

export function check(file: File, broken: ReadonlySet<Declaration>, report: Report): Model {
  const scopes: Scopes = collectScopes(file, report)
  const checker: Checker = {
    file,
    report,
    vocabulary: scopes.vocabulary,
    definitions: scopes.definitions,
    types: new Map<Expr, Type>(),
    refs: new Map<Path, Ref>(),
    patterns: new Map(),
    redactPaths: new Map(),
    broken,
  }
  checkHeader(file, report)
  for (const decl of file.declarations) checkDeclaration(decl, checker, scopes)
  const { vocabulary, definitions, schemaTypes } = scopes
  const { types, refs, patterns, redactPaths } = checker
  return { file, vocabulary, types, refs, patterns, schemaTypes, definitions, redactPaths }
}

function checkHeader(file: File, report: Report): void {
  const policies = file.declarations.filter((decl) => decl.kind === 'policy')
  const [first, second] = policies
  if (first === undefined) {
    const at: readonly [number, number] = [0, Math.min(1, file.span[1])]
    report.add('P0007', at, 'the policy has no name', 'Start with `policy "Name" version 1.0`.')
  } else if (second !== undefined) {
    report.add('P0012', second.span, '`policy` is said twice', 'One file holds one policy.', [
      { span: first.span, message: 'said here first' },
    ])
  }
}

function checkDeclaration(decl: Declaration, checker: Checker, scopes: Scopes): void {
  switch (decl.kind) {
    case 'schema':
      return checkRecordChecks(decl.body, scopes.schemaTypes.get(decl.name?.name ?? '') ?? ANYTHING, checker)
    case 'tool':
      checkShape(decl.takes, checker, scopes)
      if (decl.returns !== undefined) checkShape(decl.returns, checker, scopes)
      for (const trait of decl.traits) for (const key of trait.by) checkToolKey(key, decl.name, checker)
      return
    case 'message':
      return checkShape(decl.shape, checker, scopes)
    case 'agent':
      return checkAgent(decl, checker)
    case 'group':
      return checkGroup(decl, checker)
    case 'fact':
      return checkFact(decl, checker)
    case 'rule':
      return checkRule(decl, checker)
    case 'consistency':
      return checkConsistency(decl, checker)
    case 'test':
      return checkTest(decl, checker)
  }
}

// ---------------------------------------------------------------- vocabulary

function checkShape(type: TypeExpr, checker: Checker, scopes: Scopes): void {
  if (type.kind === 'list' || type.kind === 'map') checkShape(type.of, checker, scopes)
  else if (type.kind === 'record') checkRecordChecks(type, recordOf(type, scopes), checker)
}

/** The type of a record written in place: only its own checks need it, so nested names are looked up as declared. */
function recordOf(type: RecordType, scopes: Scopes): Type {
  if (type.checks.length === 0) return ANYTHING
  for (const tool of scopes.vocabulary.tools.values())
    if (tool.decl.takes === type) return { kind: 'record', fields: tool.takes.named }
  for (const tool of scopes.vocabulary.tools.values())
    if (tool.decl.returns === type) return tool.returns ?? ANYTHING
  for (const message of scopes.vocabulary.messages.values()) {
    if (message.decl.shape === type) return { kind: 'record', fields: message.fields.named }
  }
  return ANYTHING
}

function checkRecordChecks(body: RecordType, type: Type, checker: Checker): void {
  const fields: Fields = type.kind === 'record' ? { named: type.fields } : { named: {}, rest: ANYTHING }
  for (const check of body.checks) {
    const env: Environment = {
      fields: recordView(fields),
      named: new Map(),
      builtIns: false,
      asked: askedIn(check.holds),
    }
    checkCondition(check.holds, env, checker)
  }
  for (const field of body.fields) {
    const inner = fieldOf(fields, field.name.name)?.type ?? ANYTHING
    if (field.type.kind === 'record') checkRecordChecks(field.type, inner, checker)
    else if ((field.type.kind === 'list' || field.type.kind === 'map') && field.type.of.kind === 'record') {
      checkRecordChecks(
        field.type.of,
        inner.kind === 'list' || inner.kind === 'map' ? inner.of : ANYTHING,
        checker,
      )
    }
  }
}

function checkToolKey(key: Path, name: Ident | undefined, checker: Checker): void {
  const tool = checker.vocabulary.tools.get(name?.name ?? '')
  const head = key.parts[0]!
  if (tool === undefined || fieldOf(tool.takes, head.name) !== undefined) return
  const close = nearest(head.name, Object.keys(tool.takes.named))
  checker.report.add(
    'P0107',
    head.span,
    `\`${name?.name}\` takes no \`${head.name}\``,
    close === undefined ? undefined : `Did you mean \`${close}\`?`,
  )
}

/** Base verb → the verb of a step. */
export const VERB_OF: Readonly<Record<string, string>> = {
  call: 'calls',
  answer: 'answers',
  send: 'sends',
  receive: 'receives',
  remember: 'remembers',
  recall: 'recalls',
  enter: 'enters',
  leave: 'leaves',
  spawn: 'spawns',
  finish: 'finishes',
  fail: 'fails',
  spend: 'spends',
}

/** A permission as the step it permits. */
export function permitted(may: May, agent: Ident | undefined): Pattern {
  const step = {
    subjects: agent === undefined ? [] : [agent],
    hasSubject: agent !== undefined,
    verb: VERB_OF[may.verb] ?? may.verb,
    verbSpan: may.span,
    anything: may.anything,
    objects: may.objects,
    peers: may.peers,
    span: may.span,
  }
  return { steps: [step], where: undefined, span: may.span }
}

function checkAgent(decl: AgentDecl, checker: Checker): void {
  for (const may of decl.may) resolvePattern(permitted(may, decl.name), checker)
  for (const limit of decl.limits) {
    if (limit.amount.kind === 'number' && !Number.isInteger(limit.amount.value)) {
      checker.report.add('P0218', limit.span, 'a number of steps is a whole number')
    } else if (limit.amount.kind === 'money') {
      checkCurrency(limit.amount.currency.name, limit.amount.currency.span, checker.report)
      if (limit.amount.currency.name !== checker.vocabulary.spendCurrency) {
        checker.report.add(
          'P0203',
          limit.span,
          `this limit is in ${limit.amount.currency.name}, others are in ${checker.vocabulary.spendCurrency}`,
          'Give all limits one currency.',
        )
      }
    }
  }
}

function checkGroup(decl: GroupDecl, checker: Checker): void {
  const members = {
    subjects: [],
    hasSubject: false,
    verb: undefined,
    verbSpan: decl.span,
    anything: false,
    peers: [],
    span: decl.span,
  }
  resolvePattern(
    { steps: [{ ...members, objects: decl.members }], where: undefined, span: decl.span },
    checker,
  )
}

function checkFact(decl: FactDecl, checker: Checker): void {
  const own = decl.is.steps
    .flatMap((step) => step.objects)
    .find((object) => checker.vocabulary.facts.has(object.name))
  if (own !== undefined) {
    checker.report.add(
      'P0116',
      own.span,
      `the fact \`${decl.name?.name}\` is made of the fact \`${own.name}\``,
      'Say the step itself.',
    )
    return
  }
  checkPattern(decl.is, checker)
}

// ---------------------------------------------------------------- patterns

/** Resolves the steps and checks the pattern's own condition over their fields. */
export function checkPattern(pattern: Pattern, checker: Checker): FieldView {
  const resolved = resolvePattern(pattern, checker)
  checker.patterns.set(pattern, resolved)
  const view = candidateView(resolved.candidates, resolved.generic)
  if (pattern.where !== undefined) {
    checkCondition(
      pattern.where,
      { fields: view, named: new Map(), builtIns: true, asked: askedIn(pattern.where) },
      checker,
    )
  }
  return view
}

/** Heads of paths of which the expression asks whether they are present. */
function askedIn(expr: Expr | undefined, found = new Set<string>()): Set<string> {
  if (expr === undefined) return found
  if (expr.kind === 'present' && expr.of.kind === 'path') found.add(expr.of.parts[0]!.name)
  else if (expr.kind === 'and' || expr.kind === 'or') for (const part of expr.of) askedIn(part, found)
  else if (expr.kind === 'not' || expr.kind === 'group') askedIn(expr.of, found)
  return found
}

// ---------------------------------------------------------------- rules

function checkRule(decl: RuleDecl, checker: Checker): void {
  const { report, broken } = checker
  const at = decl.name?.span ?? decl.span
  if (decl.when === undefined) {
    if (!broken.has(decl))
      report.add(
        'P0009',
        at,
        'this rule does not say when it speaks',
        'Add `when`, such as `when clerk calls issue_refund`.',
      )
    return
  }
  if (decl.action === undefined && !broken.has(decl)) {
    report.add(
      'P0010',
      at,
      'this rule does not say what follows',
      'Add `then deny`, `then ask … within …`, or another action.',
    )
  }
  const resolved = resolvePattern(decl.when, checker)
  checker.patterns.set(decl.when, resolved)
  const view = candidateView(resolved.candidates, resolved.generic)
  const named = new Map<string, NamedMeaning>()
  const env: Environment = { fields: view, named, builtIns: true, asked: askedIn(decl.when.where) }
  let bindings = 0
  let locals = 0
  // A name may be used before the clause that gives it, so bindings are known before conditions are read.
  for (const value of decl.named) {
    checkFreeName(value.name, named, view, checker)
    if (value.kind !== 'latest') continue
    const fields = checkPattern(value.of, checker)
    for (const key of value.same) checkJoin(key, view, fields, checker)
    named.set(value.name.name, { kind: 'binding', index: bindings++, fields, ident: value.name })
  }
  for (const value of decl.named) {
    if (value.kind !== 'value') continue
    const type = typeOf(value.value, env, checker)
    named.set(value.name.name, { kind: 'local', index: locals++, type, ident: value.name })
  }
  if (decl.when.where !== undefined) checkCondition(decl.when.where, env, checker)
  if (decl.action !== undefined) checkAction(decl.action, env, decl.when, checker)
}

function checkFreeName(
  name: Ident,
  named: ReadonlyMap<string, NamedMeaning>,
  view: FieldView,
  checker: Checker,
): void {
  const taken = named.get(name.name)
  if (taken !== undefined) {
    checker.report.add('P0118', name.span, `\`${name.name}\` is named twice`, 'Choose another name.', [
      { span: taken.ident.span, message: 'named here first' },
    ])
  } else if (view.names.includes(name.name)) {
    checker.report.add(
      'P0118',
      name.span,
      `\`${name.name}\` is already a field of the step`,
      'Choose another name, so that readers can tell them apart.',
    )
  }
}

function checkJoin(key: SameKey, here: FieldView, there: FieldView, checker: Checker): void {
  const left = keyType(key.here, here, 'the step being judged', checker)
  const right = keyType(key.there, there, 'the earlier step', checker)
  if (left === undefined || right === undefined) return
  const probe = new Map<Expr, Type>([[key.here, left]])
  const other: Expr = { kind: 'broken', span: key.there.span }
  probe.set(other, right)
  checkComparison('==', key.here, other, { types: probe, report: checker.report })
}

function keyType(key: Path, view: FieldView, whose: string, checker: Checker): Type | undefined {
  const [head, ...rest] = key.parts
  const looked = view.lookup(head!.name)
  if (looked.kind === 'found') {
    let type: Type = looked.field.type
    for (const part of rest) {
      const field = type.kind === 'record' ? fieldOf({ named: type.fields }, part.name) : undefined
      if (type.kind === 'anything') return ANYTHING
      if (field === undefined) {
        checker.report.add(
          'P0115',
          part.span,
          `\`${part.name}\` is not a field there`,
          'Join on a field that both steps have.',
        )
        return undefined
      }
      type = field.type
    }
    return type
  }
  const close = nearest(head!.name, view.names)
  const lacking = looked.kind === 'some' ? ` (\`${looked.lacking[0]}\` lacks it)` : ''
  const listed = view.names
    .slice(0, 6)
    .map((name) => `\`${name}\``)
    .join(', ')
  const help =
    close !== undefined && close !== head!.name
      ? `Did you mean \`${close}\`?`
      : listed === ''
        ? 'It has no fields.'
        : `Its fields: ${listed}. Different names are joined by \`with the same HERE as there THERE\`.`
  checker.report.add('P0115', key.span, `\`${head!.name}\` is not a field of ${whose}${lacking}`, help)
  return undefined
}

// ---------------------------------------------------------------- actions

function checkAction(
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

// ---------------------------------------------------------------- consistencies

function checkConsistency(decl: ConsistencyDecl, checker: Checker): void {
  const { report, broken } = checker
  const { form } = decl
  if (form === undefined) {
    if (!broken.has(decl))
      report.add(
        'P0011',
        decl.name?.span ?? decl.span,
        'this consistency states no pattern',
        'Patterns: `X needs an earlier Y`, `X at most N times`, `X never`, `X never after Y`, `X is followed by Y within D`.',
      )
    return
  }
  const what = checkPattern(form.what, checker)
  const other =
    form.kind === 'needs'
      ? form.earlier
      : form.kind === 'neverAfter'
        ? form.after
        : form.kind === 'followedBy'
          ? form.by
          : undefined
  const there = other === undefined ? undefined : checkPattern(other, checker)
  for (const key of decl.forEach) {
    const left = keyType(key, what, `\`${shownSteps(form.what)}\``, checker)
    if (there !== undefined && other !== undefined && left !== undefined)
      keyType(key, there, `\`${shownSteps(other)}\``, checker)
  }
  if ('same' in form && there !== undefined) {
    for (const key of form.same) {
      if (form.kind === 'followedBy')
        checkJoin({ here: key.there, there: key.here, span: key.span }, there, what, checker)
      else checkJoin(key, what, there, checker)
    }
  }
  if (form.kind === 'followedBy' && form.within === undefined) {
    report.add(
      'P0215',
      form.span,
      'this waits without end',
      'Say how long: `is followed by … within 2 hours`.',
    )
  }
  for (const limit of [
    form.kind === 'needs' || form.kind === 'followedBy' ? form.within : undefined,
    'window' in form ? form.window : undefined,
  ]) {
    if (limit !== undefined && limit.kind !== 'duration')
      report.add(
        'P0205',
        limit.span,
        'a length of time is needed here',
        'Add its unit: `30 minutes`, `24 hours`.',
      )
  }
  if (form.kind === 'atMost' && form.times?.kind === 'number' && !Number.isInteger(form.times.value)) {
    report.add('P0218', form.times.span, 'a number of times is a whole number')
  }
  const env: Environment = { fields: what, named: new Map(), builtIns: true, asked: new Set() }
  if (form.kind === 'total') {
    const type = typeOf(form.of, env, checker)
    if (
      type.kind !== 'number' &&
      type.kind !== 'money' &&
      type.kind !== 'duration' &&
      type.kind !== 'anything'
    ) {
      report.add(
        'P0214',
        form.of.span,
        `${showType(type)} cannot be added up`,
        'Totals are for numbers, money and lengths of time.',
      )
    } else {
      typeOf(form.atMost, env, checker)
      checkLiteral(form.atMost, report)
      checkComparison('<=', form.of, form.atMost, checker)
    }
  }
  if (decl.otherwise !== undefined) checkAction(decl.otherwise, env, form.what, checker)
}

function shownSteps(pattern: Pattern): string {
  const [first] = pattern.steps
  return first?.objects[0]?.name ?? first?.verb ?? 'step'
}
