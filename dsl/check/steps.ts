/** Which steps a pattern lets in: names resolved, groups and facts expanded, and what each of the steps carries. */
import { Report } from '../diagnostic.ts'
import type { StepKind } from '../judge/step.ts'
import type { Selector } from '../plan/plan.ts'
import type { FactDecl, Ident, Pattern, StepNode } from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { ANYTHING, type Candidate, type Fields, type ResolvedPattern, type Vocabulary } from './model.ts'
import { STEP_FIELDS } from './prelude.ts'

/** What a verb's object names. */
type ObjectSort = 'tool' | 'message' | 'free' | 'none'

const VERB_OBJECTS: Readonly<Record<StepKind, ObjectSort>> = {
  calls: 'tool',
  result: 'tool',
  fails: 'tool',
  sends: 'message',
  receives: 'message',
  answers: 'none',
  remembers: 'free',
  recalls: 'free',
  recalled: 'free',
  enters: 'free',
  leaves: 'free',
  spawns: 'free',
  finishes: 'none',
  spends: 'none',
}

export interface StepContext {
  readonly vocabulary: Vocabulary
  readonly definitions: Map<Ident, Ident>
  readonly report: Report
}

export function isStepKind(verb: string): verb is StepKind {
  return Object.hasOwn(VERB_OBJECTS, verb)
}

export function resolvePattern(pattern: Pattern, context: StepContext): ResolvedPattern {
  const made: Building = { selectors: [], candidates: [], generic: false, facts: [] }
  for (const step of pattern.steps) addStep(step, made, context)
  const fact = made.facts[0]
  if (
    fact !== undefined &&
    (pattern.steps.length > 1 || made.selectors.length > 0 || made.facts.length > 1)
  ) {
    context.report.add(
      'P0219',
      pattern.span,
      'a fact cannot be mixed with other steps in one `or`',
      'Give each its own rule or consistency, or declare one fact that covers both.',
    )
  }
  if (fact !== undefined) {
    const inner = factPattern(fact, context, [])
    return { ...inner, fact }
  }
  return { selectors: made.selectors, candidates: made.candidates, generic: made.generic, fact: undefined }
}

interface Building {
  readonly selectors: Selector[]
  readonly candidates: Candidate[]
  generic: boolean
  readonly facts: FactDecl[]
}

function factPattern(fact: FactDecl, context: StepContext, open: readonly FactDecl[]): ResolvedPattern {
  const made: Building = { selectors: [], candidates: [], generic: false, facts: [] }
  // The declaration itself is checked on its own; here its mistakes would be repeated at every use.
  const quiet: StepContext = { ...context, report: new Report() }
  for (const step of fact.is.steps) addStep(step, made, quiet)
  const inner = made.facts[0]
  if (inner !== undefined && !open.includes(inner) && inner !== fact)
    return factPattern(inner, context, [...open, fact])
  return { selectors: made.selectors, candidates: made.candidates, generic: made.generic, fact: undefined }
}

function addStep(step: StepNode, made: Building, context: StepContext): void {
  const agents =
    step.hasSubject && step.subjects.length > 0
      ? step.subjects.map((subject) => agentName(subject, context))
      : undefined
  if (step.verb === undefined) {
    for (const object of step.objects) addBare(object, agents, made, context)
    return
  }
  if (!isStepKind(step.verb)) return
  addSelector(step.verb, step, agents, made, context)
}

function agentName(subject: Ident, context: StepContext): string {
  const found = context.vocabulary.agents.get(subject.name)
  if (found?.name !== undefined) context.definitions.set(subject, found.name)
  else {
    const close = nearest(subject.name, [...context.vocabulary.agents.keys(), 'anyone'])
    const help =
      close === undefined
        ? `Declare it: \`agent ${subject.name} { … }\`, or write \`anyone\`.`
        : `Did you mean \`${close}\`?`
    context.report.add('P0105', subject.span, `there is no agent \`${subject.name}\``, help)
  }
  return subject.name
}

function addSelector(
  kind: StepKind,
  step: StepNode,
  agents: readonly string[] | undefined,
  made: Building,
  context: StepContext,
): void {
  const sort = VERB_OBJECTS[kind]
  const names =
    sort === 'none' ? [] : step.objects.flatMap((object) => objectNames(object, kind, sort, context))
  const selector: Selector = {
    kinds: [kind],
    ...(agents === undefined ? {} : { agents }),
    ...(names.length === 0 ? {} : { names }),
    ...peersOf(step, kind),
  }
  const index = made.selectors.push(selector) - 1
  if (sort === 'none' && step.objects.length > 0) {
    const [first] = step.objects
    context.report.add('P0113', first!.span, `\`${kind}\` takes no name`, `Leave \`${first!.name}\` out.`)
  }
  if (names.length === 0 && (sort === 'tool' || sort === 'message') && step.objects.length === 0)
    made.generic = true
  made.candidates.push(...candidatesOf(kind, names, index, context.vocabulary))
}

function peersOf(step: StepNode, kind: StepKind): Pick<Selector, 'peers'> | Record<never, never> {
  if (step.peers.length === 0) return {}
  // `result of TOOL to AGENT`: the receiver is the agent, not a peer.
  if (kind === 'result' || kind === 'fails') return { agents: step.peers.map((peer) => peer.name) }
  return { peers: step.peers.map((peer) => peer.name) }
}

/** Steps of `kind`, for each of `names` or for every declared one. */
export function candidatesOf(
  kind: StepKind,
  names: readonly string[],
  selector: number,
  vocabulary: Vocabulary,
): Candidate[] {
  const wanted = names.length > 0 ? names : namesOfKind(kind, vocabulary)
  return wanted.map((name) => ({ kind, name, fields: fieldsOf(kind, name, vocabulary), selector }))
}

function namesOfKind(kind: StepKind, vocabulary: Vocabulary): string[] {
  const sort = VERB_OBJECTS[kind]
  if (sort === 'tool') return [...vocabulary.tools.keys()]
  if (sort === 'message') return [...vocabulary.messages.keys()]
  return ['']
}

export function fieldsOf(kind: StepKind, name: string, vocabulary: Vocabulary): Fields {
  const unknown: Fields = { named: {}, rest: ANYTHING }
  switch (kind) {
    case 'calls':
      return vocabulary.tools.get(name)?.takes ?? unknown
    case 'result':
      return vocabulary.tools.get(name)?.result ?? unknown
    case 'sends':
    case 'receives':
      return vocabulary.messages.get(name)?.fields ?? unknown
    case 'spends':
      return {
        named: {
          amount: { type: { kind: 'money', currency: vocabulary.spendCurrency }, optional: false },
          tokens: { type: { kind: 'number' }, optional: true },
        },
      }
    default:
      return { named: STEP_FIELDS[kind] ?? {} }
  }
}

function objectNames(
  object: Ident,
  kind: StepKind,
  sort: ObjectSort,
  context: StepContext,
): readonly string[] {
  if (sort === 'free') return [object.name]
  const { vocabulary, report, definitions } = context
  const members = groupMembers(object, context)
  if (members !== undefined) {
    const wrong = members.find((member) =>
      sort === 'tool' ? !vocabulary.tools.has(member) : !vocabulary.messages.has(member),
    )
    if (wrong !== undefined) {
      report.add(
        'P0113',
        object.span,
        `the group \`${object.name}\` holds \`${wrong}\`, which is not a ${sort}`,
        `\`${kind}\` is for ${sort}s.`,
      )
    }
    return members
  }
  const own = sort === 'tool' ? vocabulary.tools : vocabulary.messages
  const decl = own.get(object.name)?.decl
  if (decl?.name !== undefined) {
    definitions.set(object, decl.name)
    return [object.name]
  }
  const other = sort === 'tool' ? vocabulary.messages : vocabulary.tools
  if (other.has(object.name)) {
    const help =
      sort === 'tool'
        ? `Messages are sent and received: \`sends ${object.name}\`.`
        : `Tools are called: \`calls ${object.name}\`.`
    report.add(
      'P0113',
      object.span,
      `\`${object.name}\` is a ${sort === 'tool' ? 'message' : 'tool'}, so \`${kind}\` does not fit`,
      help,
    )
    return [object.name]
  }
  const close = nearest(object.name, [...own.keys(), ...vocabulary.groups.keys()])
  const declare = sort === 'tool' ? `\`tool ${object.name}(…)\`` : `\`message ${object.name} { … }\``
  report.add(
    sort === 'tool' ? 'P0103' : 'P0104',
    object.span,
    `there is no ${sort} \`${object.name}\``,
    close === undefined ? `Declare it: ${declare}.` : `Did you mean \`${close}\`?`,
  )
  return [object.name]
}

/** The names of a group's members; undefined when the name is no group. */
function groupMembers(object: Ident, context: StepContext): readonly string[] | undefined {
  const group = context.vocabulary.groups.get(object.name)
  if (group?.name === undefined) return undefined
  context.definitions.set(object, group.name)
  return (context.vocabulary.members.get(object.name) ?? []).map((member) => member.name)
}

/** A bare name: a tool is called, a message is sent, a group is either, a fact is itself. */
function addBare(
  object: Ident,
  agents: readonly string[] | undefined,
  made: Building,
  context: StepContext,
): void {
  const { vocabulary, definitions, report } = context
  const { name } = object
  const add = (kind: StepKind): void => {
    const index =
      made.selectors.push({ kinds: [kind], ...(agents === undefined ? {} : { agents }), names: [name] }) - 1
    made.candidates.push(...candidatesOf(kind, [name], index, vocabulary))
  }
  const tool = vocabulary.tools.get(name)
  const message = vocabulary.messages.get(name)
  const group = vocabulary.groups.get(name)
  const fact = vocabulary.facts.get(name)
  const declared = tool?.decl.name ?? message?.decl.name ?? group?.name ?? fact?.name
  if (declared !== undefined) definitions.set(object, declared)
  if (tool !== undefined) add('calls')
  else if (message !== undefined) add('sends')
  else if (fact !== undefined) made.facts.push(fact)
  else if (group !== undefined) {
    for (const member of vocabulary.members.get(name) ?? []) addBare(member, agents, made, context)
  } else {
    const all = [
      ...vocabulary.tools.keys(),
      ...vocabulary.messages.keys(),
      ...vocabulary.groups.keys(),
      ...vocabulary.facts.keys(),
    ]
    const close = nearest(name, all)
    report.add(
      'P0106',
      object.span,
      `\`${name}\` is no tool, message, group or fact`,
      close === undefined
        ? 'Declare it, or say what happens: `clerk calls …`, `answers`, `result of …`.'
        : `Did you mean \`${close}\`?`,
    )
  }
}
