/** Every name of a policy with what it stands for: the ground of definition, references, rename and colours. */
import type { Model, ResolvedPattern } from '../check/model.ts'
import { resolvePattern } from '../check/steps.ts'
import { Report } from '../diagnostic.ts'
import type {
  ActionNode,
  ConsistencyDecl,
  Declaration,
  Entry,
  Expr,
  File,
  FlowDecl,
  Pattern,
  RecordType,
  RuleDecl,
  SameKey,
  SourceNode,
  StepNode,
  TestDecl,
  TypeExpr,
} from '../syntax/ast.ts'
import { noteExpression, notePath } from './expression-occurrences.ts'
import type { Meaning, Occurrence } from './meaning.ts'
import { type NamedThing, Noted, type Scope } from './noted.ts'
import { patternsOf } from './patterns-of.ts'
import { elementsOf, fieldIn } from './written.ts'

const NOTHING: Scope = { records: [], named: new Map() }

/** `file`: as written, without what its `use` lines bring in. */
export function occurrencesOf(file: File, model: Model): readonly Occurrence[] {
  const noted = new Noted(model.vocabulary)
  const checks = checkMeanings(model, noted)
  for (const decl of file.declarations) noteDeclaration(decl, model, checks, noted)
  return noted.occurrences()
}

function noteDeclaration(
  decl: Declaration,
  model: Model,
  checks: ReadonlyMap<string, Meaning>,
  noted: Noted,
): void {
  switch (decl.kind) {
    case 'schema':
      noted.declare('schema', decl.name)
      return noteRecord(decl.body, noted)
    case 'tool':
      noted.declare('tool', decl.name)
      noteType(decl.takes, noted)
      if (decl.returns !== undefined) noteType(decl.returns, noted)
      for (const trait of decl.traits) for (const key of trait.by) noted.follow(key.parts, [decl.takes])
      return
    case 'message':
      noted.declare('message', decl.name)
      return noteType(decl.shape, noted)
    case 'agent':
      noted.declare('agent', decl.name)
      for (const may of decl.may) {
        if (NAMES_STEPS.has(may.verb)) for (const object of may.objects) noted.step(object)
        for (const peer of may.peers) noted.agent(peer)
      }
      return
    case 'detector':
      return noted.declare('detector', decl.name)
    case 'words':
      return noted.declare('words', decl.name)
    case 'table':
      return noted.declare('table', decl.name)
    case 'group':
      noted.declare('group', decl.name)
      for (const member of decl.members) noted.step(member)
      return
    case 'fact':
      noted.declare('fact', decl.name)
      notePattern(decl.is, new Map(), model, noted)
      return
    case 'rule':
      noted.declare('check', decl.name)
      return noteRule(decl, model, noted)
    case 'consistency':
      noted.declare('check', decl.name)
      return noteConsistency(decl, model, noted)
    case 'flow':
      noted.declare('check', decl.name)
      return noteFlow(decl, model, noted)
    case 'use':
      return noted.declare(decl.what === 'tools' ? 'group' : 'schema', decl.name)
    case 'test':
      noted.declare('test', decl.name)
      return noteTest(decl, model, checks, noted)
  }
}

/** Verbs whose objects are tools or messages; of the others they are free words. */
const NAMES_STEPS: ReadonlySet<string> = new Set([
  'call',
  'send',
  'receive',
  'fail',
  'calls',
  'sends',
  'receives',
  'fails',
  'result',
])

function noteType(type: TypeExpr, noted: Noted): void {
  if (type.kind === 'named') noted.schema(type.name)
  else if (type.kind === 'list' || type.kind === 'map' || type.kind === 'nullable') noteType(type.of, noted)
  else if (type.kind === 'union') for (const variant of type.variants) noted.schema(variant)
  else if (type.kind === 'record') noteRecord(type, noted)
}

function noteRecord(record: RecordType, noted: Noted): void {
  for (const field of record.fields) {
    noted.declare('field', field.name)
    noteType(field.type, noted)
  }
  for (const check of record.checks) {
    noted.declare('check', check.name)
    noteExpression(check.holds, { records: [record], named: new Map() }, noted)
  }
}

function noteRule(decl: RuleDecl, model: Model, noted: Noted): void {
  const named = new Map<string, NamedThing>()
  const records = recordsOf(decl.when, model, noted)
  const scope: Scope = { records, named }
  // As the checks do: names of earlier steps are known before any condition is read.
  for (const value of decl.named) {
    noted.declare('value', value.name)
    const meaning = noted.meaning('value', value.name)
    if (value.kind === 'value') named.set(value.name.name, { meaning, types: [] })
    else {
      const types = notePattern(value.of, new Map(), model, noted)
      named.set(value.name.name, { meaning, types })
      for (const key of value.same) noteKey(key, records, types, noted)
      if (value.kind === 'latest') continue
      if (value.field !== undefined) noted.follow(value.field.parts, types)
      if (value.after !== undefined) notePattern(value.after, new Map(), model, noted)
    }
  }
  for (const value of decl.named) {
    if (value.kind !== 'value') continue
    const types = noteExpression(value.value, scope, noted)
    named.set(value.name.name, { meaning: noted.meaning('value', value.name), types })
  }
  if (decl.when !== undefined) notePattern(decl.when, named, model, noted)
  if (decl.action !== undefined) noteAction(decl.action, scope, noted)
}

function noteConsistency(decl: ConsistencyDecl, model: Model, noted: Noted): void {
  const { form, during } = decl
  if (during !== undefined && during.kind !== 'while')
    for (const pattern of patternsOf(during)) notePattern(pattern, new Map(), model, noted)
  const what = form === undefined ? [] : notePattern(form.what, new Map(), model, noted)
  const others = form === undefined ? [] : patternsOf(form).filter((pattern) => pattern !== form.what)
  const other = others.flatMap((pattern) => notePattern(pattern, new Map(), model, noted))
  for (const key of decl.forEach) noted.follow(key.parts, [...what, ...other])
  if (form !== undefined && 'of' in form) noted.follow(form.of.parts, what)
  if (form?.kind === 'agreement') noted.follow(form.to.parts, other)
  if (form !== undefined && 'same' in form) for (const key of form.same) noteKey(key, what, other, noted)
  if (decl.otherwise !== undefined) noteAction(decl.otherwise, { records: what, named: new Map() }, noted)
}

function noteFlow(decl: FlowDecl, model: Model, noted: Noted): void {
  const { form } = decl
  const what = form === undefined ? [] : notePattern(form.what, new Map(), model, noted)
  for (const field of form?.fields ?? []) noted.follow(field.parts, what)
  const sources = form?.kind === 'comesOnlyFrom' ? form.sources : []
  for (const source of [...decl.labels.flatMap((label) => label.on), ...sources])
    noteSource(source, model, noted)
  for (const { on, readers } of decl.readers)
    for (const source of on) {
      const records = noteSource(source, model, noted)
      for (const reader of readers) if (reader.kind === 'field') noted.follow(reader.field.parts, records)
    }
  if (form?.kind === 'neverReaches') noted.label(form.label)
  if (form?.kind === 'readable') for (const who of form.by) noted.follow(who.parts, what)
  if (form !== undefined && 'releasedBy' in form) for (const name of form.releasedBy) noted.agent(name)
  for (const label of decl.labels) noted.label(label.name)
  if (decl.otherwise !== undefined) noteAction(decl.otherwise, { records: what, named: new Map() }, noted)
}

function noteSource(source: SourceNode, model: Model, noted: Noted): readonly TypeExpr[] {
  if (source.kind !== 'messages' && source.kind !== 'steps') return []
  const records = notePattern(source.of, new Map(), model, noted)
  if (source.kind === 'messages') for (const name of source.from) noted.agent(name)
  else {
    for (const field of source.fields) noted.follow(field.parts, records)
    for (const name of source.names) noted.step(name)
  }
  return records
}

function noteKey(key: SameKey, here: readonly TypeExpr[], there: readonly TypeExpr[], noted: Noted): void {
  if (key.here.span[0] === key.there.span[0]) noted.follow(key.here.parts, [...here, ...there])
  else {
    noted.follow(key.here.parts, here)
    noted.follow(key.there.parts, there)
  }
}

function noteAction(action: ActionNode, scope: Scope, noted: Noted): void {
  if (action.kind === 'ask' || action.kind === 'alert') noted.agent(action.who)
  else if (action.kind === 'redact' || action.kind === 'replace') {
    notePath(action.what, scope, noted)
    if (action.field !== undefined) notePath(action.field, scope, noted)
    if (action.kind === 'replace') noteExpression(action.by, scope, noted)
  } else if (action.kind === 'trim') notePath(action.field, scope, noted)
  else if (action.kind === 'retry') {
    if (action.otherwise !== undefined) noteAction(action.otherwise, scope, noted)
  } else if (action.kind === 'route') {
    if (noted.vocabulary.agents.has(action.to.name)) noted.agent(action.to)
    else noted.step(action.to)
  } else if (action.kind === 'fallBack') {
    if (action.call !== undefined) noted.step(action.call)
    for (const { value } of action.values) noteExpression(value, scope, noted)
    if (action.words !== undefined) noteExpression(action.words, scope, noted)
  } else if (action.kind === 'set') {
    notePath(action.field, scope, noted)
    noteExpression(action.to, scope, noted)
  }
}

/** Notes steps and condition; gives the records the steps carry. */
function notePattern(
  pattern: Pattern,
  named: ReadonlyMap<string, NamedThing>,
  model: Model,
  noted: Noted,
): readonly TypeExpr[] {
  for (const step of pattern.steps) noteStep(step, noted)
  const records = recordsOf(pattern, model, noted)
  if (pattern.where !== undefined) noteExpression(pattern.where, { records, named }, noted)
  return records
}

function noteStep(step: StepNode, noted: Noted): void {
  for (const subject of step.subjects) noted.agent(subject)
  for (const peer of step.peers) noted.agent(peer)
  if (step.verb === undefined || NAMES_STEPS.has(step.verb))
    for (const object of step.objects) noted.step(object)
}

function recordsOf(pattern: Pattern | undefined, model: Model, noted: Noted): readonly TypeExpr[] {
  if (pattern === undefined) return []
  return noted.records((model.patterns.get(pattern) ?? resolveQuietly(pattern.steps, model)).candidates)
}

/** The steps of tests are not in the model's map; resolving them again says nothing new. */
export function resolveQuietly(steps: readonly StepNode[], { vocabulary }: Model): ResolvedPattern {
  const pattern: Pattern = { steps, where: undefined, span: [0, 0] }
  return resolvePattern(pattern, { vocabulary, definitions: new Map(), report: new Report() })
}

function noteTest(decl: TestDecl, model: Model, checks: ReadonlyMap<string, Meaning>, noted: Noted): void {
  const steps = decl.when === undefined ? decl.given : [...decl.given, decl.when]
  for (const { step, values } of steps) {
    noteStep(step, noted)
    const records = noted.records(resolveQuietly([step], model).candidates)
    for (const entry of values) noteEntry(entry, records, noted)
  }
  noted.agent(decl.expect?.who)
  const because = decl.expect?.because
  if (because === undefined) return
  const check = checks.get(because.value)
  if (check !== undefined) return noted.useText(because, [check])
  const limit = /^limit (?:\d+ )?of /.exec(because.value)?.[0] ?? ''
  const agent =
    limit === '' ? undefined : noted.vocabulary.agents.get(because.value.slice(limit.length))?.name
  if (agent !== undefined) noted.useText(because, [noted.meaning('agent', agent)], limit.length)
}

function noteEntry(entry: Entry, types: readonly TypeExpr[], noted: Noted): void {
  const found = fieldIn(types, entry.name.name, noted.vocabulary)
  noted.field(entry.name, found.fields)
  noteValue(entry.value, found.types, noted)
}

function noteValue(value: Expr, types: readonly TypeExpr[], noted: Noted): void {
  if (value.kind === 'record') for (const entry of value.entries) noteEntry(entry, types, noted)
  else if (value.kind === 'list') for (const item of value.items) noteValue(item, elementsOf(types), noted)
  else noteExpression(value, NOTHING, noted)
}

/** What `because` in a test may name; checks of the policy's own come before declarations of the same name. */
function checkMeanings({ file }: Model, noted: Noted): ReadonlyMap<string, Meaning> {
  const found = new Map<string, Meaning>()
  const add = (name: string, meaning: Meaning): void => {
    if (!found.has(name)) found.set(name, meaning)
  }
  for (const decl of file.declarations) {
    if ((decl.kind === 'rule' || decl.kind === 'consistency') && decl.name !== undefined)
      add(decl.name.value, noted.meaning('check', decl.name))
  }
  for (const decl of file.declarations) {
    if (decl.kind === 'schema')
      for (const { name } of decl.body.checks)
        if (name !== undefined) add(name.value, noted.meaning('check', name))
    if (decl.kind !== 'schema' && decl.kind !== 'tool' && decl.kind !== 'message' && decl.kind !== 'agent')
      continue
    if (decl.name !== undefined) add(decl.name.name, noted.meaning(decl.kind, decl.name))
  }
  return found
}
