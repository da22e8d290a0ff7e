/** Vocabulary: checks inside records, keys of tools, permissions and limits, groups, facts. */
import type { Type } from '../plan/plan.ts'
import type {
  AgentDecl,
  FactDecl,
  GroupDecl,
  Ident,
  May,
  Path,
  Pattern,
  RecordType,
  TypeExpr,
} from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { checkCurrency } from './constraints.ts'
import { type Environment, fieldOf, recordView } from './environment.ts'
import { checkCondition } from './expressions.ts'
import { ANYTHING, type Fields } from './model.ts'
import { askedIn, checkPattern } from './patterns.ts'
import { resolvePattern } from './steps.ts'
import { showType } from './type-text.ts'
import type { Checker } from './typing.ts'
import type { Scopes } from './vocabulary.ts'

export function checkShape(type: TypeExpr, checker: Checker, scopes: Scopes): void {
  if (type.kind === 'list' || type.kind === 'map' || type.kind === 'nullable')
    checkShape(type.of, checker, scopes)
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

export function checkRecordChecks(body: RecordType, type: Type, checker: Checker): void {
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

export function checkToolKey(key: Path, name: Ident | undefined, checker: Checker): void {
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

/** `spends` tells an amount of money and a number of tokens: only these can be settled by it. */
export function checkSettled({ parts, span }: Path, name: Ident | undefined, checker: Checker): void {
  const { tools, spendCurrency } = checker.vocabulary
  const type = tools.get(name?.name ?? '')?.takes.named[parts[0]!.name]?.type
  if (type === undefined) return
  const fits = type.kind === 'money' ? type.currency === spendCurrency : type.kind === 'number'
  if (parts.length === 1 && fits) return
  const is =
    parts.length === 1 ? `\`${parts[0]!.name}\` is ${showType(type)}` : 'a part of a field cannot be settled'
  checker.report.add(
    'P0216',
    span,
    `${is}; \`spends\` tells money in ${spendCurrency} and a number of tokens`,
    'Settle a field of the tool that is such an amount or such a number.',
  )
}

/** Base verb → the verb of a step. */
const VERB_OF: Readonly<Record<string, string>> = {
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

/** `may call pay, finish`: is `finish` the tool of that name? */
function checkMeantName({ verb, objects, peers, span }: May, before: May, checker: Checker): void {
  const { tools, messages } = checker.vocabulary
  const isName = before.verb === 'call' ? tools.has(verb) : before.verb === 'send' && messages.has(verb)
  if (!isName || objects.length + peers.length > 0) return
  const what = before.verb === 'call' ? 'tool' : 'message'
  checker.report.add(
    'P0119',
    span,
    `is this the ${what} \`${verb}\`, or may the agent ${verb}?`,
    `Write the ${what} in back-ticks, or the permission as \`may ${verb}\`.`,
  )
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

export function checkAgent(decl: AgentDecl, checker: Checker): void {
  decl.may.forEach((may, index) => {
    resolvePattern(permitted(may, decl.name), checker)
    if (may.follows) checkMeantName(may, decl.may[index - 1]!, checker)
  })
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

export function checkGroup(decl: GroupDecl, checker: Checker): void {
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

export function checkFact(decl: FactDecl, checker: Checker): void {
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
