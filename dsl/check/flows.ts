/** Flows: what the names of sources stand for, whether the fields are there, and whether labels and releases exist. */
import type { Type } from '../plan/plan.ts'
import type {
  FlowDecl,
  FlowFormNode,
  FlowLabelNode,
  FlowReadersNode,
  Ident,
  Path,
  Pattern,
  SourceNode,
} from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { checkAction } from './actions.ts'
import { candidateView, type Environment, fieldOf } from './environment.ts'
import type { Candidate, ResolvedPattern } from './model.ts'
import { checkPattern } from './patterns.ts'
import { candidatesOf } from './steps.ts'
import { showType } from './type-text.ts'
import type { Checker } from './typing.ts'

/** Parts of a text, as `links in body`. */
export const FLOW_PARTS = ['links', 'addresses', 'numbers', 'dates', 'identifiers'] as const
export type FlowPart = (typeof FLOW_PARTS)[number]
/** Sources, and twice the labels, of one policy. */
export const FLOW_SOURCES_MAX = 29
/** Messages or tools that release a label. */
const RELEASES = ['release', 'approve', 'approval']

export function checkFlow(decl: FlowDecl, checker: Checker): void {
  const { report, broken } = checker
  for (const { on } of [...decl.labels, ...decl.readers]) {
    checkSources(on, checker)
    for (const source of on) {
      if (source.kind !== 'constant' && source.kind !== 'agent') continue
      report.add(
        'P0130',
        source.span,
        'labels and readers are those of what steps give',
        'Name tools, messages or who sends them.',
      )
    }
  }
  for (const one of decl.readers) checkReaders(one, checker)
  const { form } = decl
  if (form === undefined) {
    if (decl.labels.length + decl.readers.length === 0 && !broken.has(decl))
      report.add(
        'P0030',
        decl.name?.span ?? decl.span,
        'this flow states nothing',
        'Say `FIELD of TOOL comes only from …`, `LABEL never reaches TOOL` or `TOOL must be readable by FIELD`.',
      )
    return
  }
  const view = checkPattern(form.what, checker)
  const what = checker.patterns.get(form.what)
  if (what !== undefined) for (const field of form.fields) checkField(field, what, checker)
  if (form.kind === 'comesOnlyFrom') {
    checkSources(form.sources, checker)
    const { part } = form
    if (part !== undefined && !isPart(part.name))
      report.add(
        'P0132',
        part.span,
        `\`${part.name}\` is no part of a text that can be followed`,
        `Parts: ${FLOW_PARTS.map((one) => `\`${one}\``).join(', ')}.`,
      )
  } else {
    if (form.kind === 'neverReaches') checkLabel(form.label, checker)
    else if (what !== undefined) checkReadable(form, what, checker)
    for (const who of form.releasedBy) checkPeer(who, checker)
    const first = form.releasedBy[0]
    const { messages, tools } = checker.vocabulary
    if (first !== undefined && !RELEASES.some((name) => messages.has(name) || tools.has(name)))
      report.add(
        'P0133',
        first.span,
        `nothing tells that \`${first.name}\` has released it`,
        'Declare `message release { label: text }` and let an agent receive it, or write `otherwise ask …`.',
      )
  }
  checkCount(decl, checker)
  const env: Environment = { fields: view, named: new Map(), builtIns: true, asked: new Set() }
  if (decl.otherwise !== undefined) checkAction(decl.otherwise, env, form.what, checker)
}

/** Who may read what must be said somewhere, and who reads this by every step that is named. */
function checkReadable(
  form: FlowFormNode & { kind: 'readable' },
  { candidates }: ResolvedPattern,
  checker: Checker,
): void {
  if (readersOf(checker).length === 0)
    checker.report.add(
      'P0131',
      form.span,
      'nothing says who may read what',
      'Say it: `only readers may read text of read_document`.',
    )
  for (const who of form.by) {
    if (isPeer(who, form.what, checker)) continue
    checkField(who, { candidates: candidates.filter((candidate) => !hasField(who, candidate)) }, checker)
    checkNames(who, candidates, checker)
  }
}

function checkReaders({ readers, on }: FlowReadersNode, checker: Checker): void {
  for (const source of on) {
    const resolved = 'of' in source ? checker.patterns.get(source.of) : undefined
    if (resolved === undefined) continue
    for (const reader of readers) {
      if (reader.kind !== 'field') continue
      checkField(reader.field, resolved, checker)
      checkNames(reader.field, resolved.candidates, checker)
    }
  }
}

/** Who reads is a text, or several. */
function checkNames(path: Path, candidates: readonly Candidate[], { report }: Checker): void {
  const names = path.parts.map((part) => part.name)
  for (const { fields } of candidates) {
    const type = typeAt(fieldOf(fields, names[0]!)?.type, names.slice(1))
    if (type === undefined || isNames(type)) continue
    report.add(
      'P0201',
      path.span,
      `\`${names.join('.')}\` is ${showType(type)}, and readers are texts`,
      'Name a field of text, or of a list of text.',
    )
    return
  }
}

function isNames(type: Type): boolean {
  if (type.kind === 'list') return isNames(type.of)
  return type.kind === 'text' || type.kind === 'choice' || type.kind === 'anything'
}

function typeAt(type: Type | undefined, names: readonly string[]): Type | undefined {
  if (type === undefined || names.length === 0) return type
  if (type.kind === 'list') return typeAt(type.of, names)
  if (type.kind === 'map') return typeAt(type.of, names.slice(1))
  return type.kind === 'record'
    ? typeAt(fieldOf({ named: type.fields }, names[0]!)?.type, names.slice(1))
    : undefined
}

/** Whom the step is for, unless it has a field of that name. */
export function isPeer(path: Path, what: Pattern, { patterns }: Pick<Checker, 'patterns'>): boolean {
  const [head, ...rest] = path.parts
  if (head === undefined || head.name !== 'peer' || head.quoted || rest.length > 0) return false
  return patterns.get(what)?.candidates.every(({ fields }) => fieldOf(fields, 'peer') === undefined) === true
}

export function readersOf(checker: Pick<Checker, 'file'>): FlowReadersNode[] {
  return checker.file.declarations.flatMap((decl) => (decl.kind === 'flow' ? decl.readers : []))
}

export function isPart(name: string): name is FlowPart {
  return FLOW_PARTS.some((part) => part === name)
}

export function labelsOf(checker: Pick<Checker, 'file'>): FlowLabelNode[] {
  return checker.file.declarations.flatMap((decl) => (decl.kind === 'flow' ? decl.labels : []))
}

function checkLabel(label: Ident, checker: Checker): void {
  const labels = labelsOf(checker)
  const declared = labels.find(({ name }) => name.name === label.name)
  if (declared !== undefined) {
    checker.definitions.set(label, declared.name)
    return
  }
  const close = nearest(
    label.name,
    labels.map(({ name }) => name.name),
  )
  checker.report.add(
    'P0131',
    label.span,
    `nothing has the label \`${label.name}\``,
    close === undefined
      ? `Say what has it: \`label ${label.name} on results of …\`.`
      : `Did you mean \`${close}\`?`,
  )
}

function checkSources(sources: readonly SourceNode[], checker: Checker): void {
  for (const source of sources) {
    if (source.kind === 'messages') {
      for (const who of source.from) checkPeer(who, checker)
      checkPattern(source.of, checker)
    } else if (source.kind === 'steps') {
      if (source.names.length > 0) checker.patterns.set(source.of, bareSource(source.names, checker))
      else checkPattern(source.of, checker)
      const resolved = checker.patterns.get(source.of)
      if (resolved !== undefined) {
        checkTold(source, resolved, checker)
        for (const field of source.fields) checkField(field, resolved, checker)
      }
    }
  }
}

/** What an agent does gives it nothing; the result of what it does may. */
const TOLD = new Set(['receives', 'result', 'fails', 'recalled'])

function checkTold(source: SourceNode, { candidates }: ResolvedPattern, checker: Checker): void {
  const own = candidates.find(({ kind }) => !TOLD.has(kind))
  if (own === undefined) return
  const { kind, name } = own
  checker.report.add(
    'P0130',
    source.span,
    `an agent that ${kind}${name === '' ? '' : ` \`${name}\``} is told nothing by that`,
    kind === 'calls'
      ? `Name what it gives: \`(result of ${name} and …)\`.`
      : kind === 'recalls'
        ? `Name what memory gives: \`(anyone recalled${name === '' ? '' : ` ${name}`})\`.`
        : 'Name what agents receive or are given.',
  )
}

/** A tool is what it gives, a message is itself, anyone else is what they send. */
function bareSource(names: readonly Ident[], checker: Checker): ResolvedPattern {
  const { vocabulary, definitions } = checker
  const results: string[] = []
  const received: string[] = []
  const senders: string[] = []
  const addNamed = (name: string): void => {
    if (vocabulary.tools.has(name)) results.push(name)
    else if (vocabulary.messages.has(name)) received.push(name)
  }
  for (const ident of names) {
    const { name } = ident
    const declared =
      vocabulary.tools.get(name)?.decl.name ??
      vocabulary.messages.get(name)?.decl.name ??
      vocabulary.groups.get(name)?.name
    if (declared !== undefined) {
      definitions.set(ident, declared)
      if (vocabulary.groups.has(name))
        for (const member of vocabulary.members.get(name) ?? []) addNamed(member.name)
      else addNamed(name)
    } else if (checkPeer(ident, checker)) senders.push(name)
  }
  const selectors = [
    ...(results.length === 0 ? [] : [{ kinds: ['result'] as const, names: results }]),
    ...(received.length === 0 ? [] : [{ kinds: ['receives'] as const, names: received }]),
    ...(senders.length === 0 ? [] : [{ kinds: ['receives'] as const, peers: senders }]),
  ]
  const candidates = selectors.flatMap((selector, index): Candidate[] =>
    candidatesOf(selector.kinds[0], 'names' in selector ? selector.names : [], index, vocabulary),
  )
  return { selectors, candidates, generic: false, fact: undefined }
}

/** Is it an agent, or someone agents speak with? */
function checkPeer(who: Ident, checker: Checker): boolean {
  const { vocabulary, definitions, report } = checker
  const agent = vocabulary.agents.get(who.name)
  if (agent?.name !== undefined) {
    definitions.set(who, agent.name)
    return true
  }
  const outside = new Set<string>()
  for (const { may } of vocabulary.agents.values()) {
    for (const { verb, peers, objects } of may)
      for (const peer of verb === 'answer' ? [...objects, ...peers] : peers) outside.add(peer.name)
  }
  if (outside.has(who.name)) return true
  const known = [
    ...outside,
    ...vocabulary.agents.keys(),
    ...vocabulary.tools.keys(),
    ...vocabulary.messages.keys(),
  ]
  const close = nearest(who.name, [...known, ...vocabulary.groups.keys()])
  report.add(
    'P0130',
    who.span,
    `\`${who.name}\` is no tool, message, group or agent, and no agent speaks with it`,
    close === undefined
      ? `Let an agent receive from it: \`may receive … from ${who.name}\`.`
      : `Did you mean \`${close}\`?`,
  )
  return false
}

/** A step without the field carries nothing there; but one of those named must have it. Lists are gone through. */
function checkField(path: Path, { candidates }: Pick<ResolvedPattern, 'candidates'>, checker: Checker): void {
  const lacking = candidates.filter((candidate) => !hasField(path, candidate))
  if (lacking.length < candidates.length || candidates.length === 0) return
  const written = path.parts.map((part) => part.name).join('.')
  const view = candidateView(candidates, true)
  const close = nearest(path.parts[0]!.name, view.names)
  const whose = lacking[0]!.name === '' ? lacking[0]!.kind : lacking[0]!.name
  checker.report.add(
    'P0107',
    path.span,
    `\`${whose}\` has no field \`${written}\``,
    close === undefined || close === written
      ? `Fields: ${view.names.map((name) => `\`${name}\``).join(', ')}.`
      : `Did you mean \`${close}\`?`,
  )
}

function hasField(path: Path, { fields }: Candidate): boolean {
  const names = path.parts.map((part) => part.name)
  const head = fieldOf(fields, names[0]!)
  if (head !== undefined) return reaches(head.type, names.slice(1))
  const value = fieldOf(fields, 'value')
  return value !== undefined && reaches(value.type, names)
}

function reaches(type: Type, names: readonly string[]): boolean {
  if (names.length === 0 || type.kind === 'anything') return true
  if (type.kind === 'list') return reaches(type.of, names)
  if (type.kind === 'map') return reaches(type.of, names.slice(1))
  const field = type.kind === 'record' ? fieldOf({ named: type.fields }, names[0]!) : undefined
  return field !== undefined && reaches(field.type, names.slice(1))
}

/** The memory tells so many sources apart. Said at the flow that is one too many. */
function checkCount(decl: FlowDecl, checker: Checker): void {
  const sources = new Set<string>()
  let labels = 0
  let readable = false
  for (const flow of checker.file.declarations) {
    if (flow.kind !== 'flow') continue
    labels += flow.labels.length
    readable ||= flow.readers.length > 0
    if (flow.form?.kind === 'comesOnlyFrom') for (const source of flow.form.sources) addKeys(source, sources)
    if (flow === decl) break
  }
  const count = sources.size + 2 * (labels + (readable ? 1 : 0))
  if (count > FLOW_SOURCES_MAX)
    checker.report.add(
      'P0230',
      decl.name?.span ?? decl.span,
      `the flows up to here tell ${count} sources and labels apart, at most ${FLOW_SOURCES_MAX} can be`,
      'Declare a `group` of tools and name it instead of its members one by one.',
    )
}

/** One for each field of each source that reads alike. */
function addKeys(source: SourceNode, keys: Set<string>): void {
  if (source.kind !== 'steps' && source.kind !== 'messages') return
  const names = source.of.steps.flatMap((step) => [...step.objects, ...step.peers]).map(({ name }) => name)
  const fields =
    source.kind === 'steps' ? source.fields.map((path) => path.parts.map(({ name }) => name).join('.')) : []
  const where = source.of.where === undefined ? '' : source.of.where.span.join()
  for (const field of fields.length === 0 ? [''] : fields) keys.add(`${field} ${names.join(' ')} ${where}`)
}
