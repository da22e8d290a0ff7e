/**
 * The fleet's own log, as `parapet trace --json` prints it: a turn a line. What was proposed and stopped is kept and
 * marked, since it never happened: a policy under audit is asked about it, and its monitors do not count it. What had to
 * wait for detectors or a ledger stands in two turns, and counts in the one that knew what they said.
 */
import type { Evidence, Grounds } from '#dsl/judge/grounds.ts'
import type { Json, JsonObject, Step } from '#dsl/judge/step.ts'
import {
  type Actor,
  asFields,
  asRecalled,
  asSender,
  inStanding,
  type Standing,
  stepOf,
  stepOfEffect,
} from '#runtime/guard/steps.ts'
import type { Effect } from '#runtime/kernel/effect.ts'
import { type Documents, isObject, objects, textOf, textsOf } from './documents.ts'
import type { LineProblem } from './happening.ts'
import type { StepsRead } from './step-lines.ts'

export function readFleetLog({ file, documents }: Documents): StepsRead {
  const byConversation = new Map<string, Recorded>()
  const intents = new Map<string, Effect>()
  /** Inputs that wait to be let in, by what they wait for. */
  const parked = new Map<string, JsonObject>()
  const problems: LineProblem[] = []
  for (const { value, line } of documents) {
    const turn = turnOf(value)
    if (turn === undefined) {
      problems.push({
        file,
        line,
        what: 'this line is no turn of a fleet',
        help: 'make such a file with `parapet trace --json`',
      })
      continue
    }
    const { actor } = turn
    const into: Recorded = byConversation.get(actor.conversation) ?? {
      steps: [],
      proposed: new Set(),
      given: new Map(),
    }
    byConversation.set(actor.conversation, into)
    const grounds = evidenceOf(turn.record['grounds'])
    const waited = parked.get(keyOf(turn.partition, awaited(turn.input)))
    for (const { step, happened } of stepsOf(turn, waited ?? turn.input, intents)) {
      if (!happened) into.proposed.add(into.steps.length)
      if (grounds !== undefined) into.given.set(into.steps.length, grounds)
      into.steps.push(step)
    }
    for (const change of objects(turn.record['changes'])) {
      const { pending } = change
      const input = inputParked(change)
      if (input !== undefined && isObject(pending))
        parked.set(keyOf(turn.partition, textOf(pending['id'])), input)
      const id = textOf(change['id'])
      if (id === undefined) continue
      // What comes of it from now on is waited for by nobody: only its cost counts.
      if (change['kind'] === 'intent-done') intents.delete(keyOf(turn.partition, id))
      const effect = change['kind'] === 'intent' ? effectOf(change['effect']) : undefined
      if (effect !== undefined) intents.set(keyOf(turn.partition, id), effect)
    }
  }
  return {
    conversations: Array.from(byConversation, ([conversation, each]) => ({ conversation, ...each })),
    problems,
  }
}

interface Recorded {
  readonly steps: Step[]
  readonly proposed: Set<number>
  readonly given: Map<number, Grounds>
}

/** What detectors said. Approvals stay out: an audit asks what the policy says without them. */
function evidenceOf(grounds: Json | undefined): Grounds | undefined {
  const recorded = isObject(grounds) ? grounds['evidence'] : undefined
  if (!isObject(recorded)) return undefined
  const evidence: Record<string, Evidence> = {}
  for (const [key, found] of Object.entries(recorded)) {
    if (!isObject(found)) continue
    const { kind, value } = found
    if (kind === 'found' && value !== undefined) evidence[key] = { kind, value }
    else if (kind === 'failed') evidence[key] = { kind, why: textOf(found['why']) ?? '' }
  }
  return { evidence }
}

interface Turn {
  readonly actor: Actor
  readonly partition: number
  readonly input: JsonObject
  readonly record: JsonObject
}

function turnOf(value: Json): Turn | undefined {
  if (!isObject(value)) return undefined
  const id = textOf(value['agent'])
  const { turn, at, input, partition } = value
  if (id === undefined || typeof turn !== 'number' || typeof at !== 'number' || !isObject(input))
    return undefined
  const cut = id.lastIndexOf('/')
  const conversation = id.slice(0, Math.max(cut, 0))
  const actor = inStanding({ agent: id.slice(cut + 1), actor: id, conversation, turn, at }, standingIn(value))
  return { actor, partition: typeof partition === 'number' ? partition : 0, input, record: value }
}

interface RecordedStep {
  readonly step: Step
  readonly happened: boolean
}

/** What the fleet's directory said, as it was written down. */
function standingIn(record: JsonObject): Standing | undefined {
  const { standing } = record
  if (!isObject(standing)) return undefined
  const tenant = textOf(standing['tenant'])
  const roles = textsOf(standing['roles'])
  const senderRoles = textsOf(standing['senderRoles'])
  return {
    ...(roles !== undefined && { roles }),
    ...(senderRoles !== undefined && { senderRoles }),
    ...(tenant !== undefined && { tenant }),
  }
}

/** `input`: what the turn is about; of one that settles what waited to be let in, that. */
function stepsOf(turn: Turn, input: JsonObject, intents: ReadonlyMap<string, Effect>): RecordedStep[] {
  const { actor, record } = turn
  // Nothing of it was judged: a double, a deferred message, a word of the runtime.
  if (record['steps'] === 0) return []
  const passed = record['outcome'] === 'passed'
  const refused = record['outcome'] === 'refused'
  const waits = record['outcome'] === 'gathering'
  const isLetIn = !waits || !objects(record['changes']).some((change) => inputParked(change) !== undefined)
  const looks = turn.input['kind'] === 'found' ? spendsIn(turn.input, actor) : []
  const received = isLetIn ? [...looks, ...receipts(turn, input, intents)] : looks
  const steps: RecordedStep[] = received.map((step) => ({
    step,
    happened: !refused && !wasStopped(record, step),
  }))
  if (waits) return steps
  for (const move of objects(record['moves'])) {
    const state = textOf(move['state'])
    const kind = move['kind']
    if (state !== undefined && (kind === 'leaves' || kind === 'enters'))
      steps.push({ step: stepOf(actor, kind, state, {}), happened: passed })
  }
  for (const each of objects(record['effects'])) {
    const effect = effectOf(each)
    const step = effect === undefined ? undefined : stepOfEffect(actor, effect)
    if (step !== undefined) steps.push({ step, happened: passed })
  }
  if (objects(record['changes']).some((change) => change['kind'] === 'agent' && change['done'] === true))
    steps.push({ step: stepOf(actor, 'finishes', '', {}), happened: passed })
  return steps
}

/** What came in, and what it cost. */
function receipts(
  { actor, partition, record }: Turn,
  input: JsonObject,
  intents: ReadonlyMap<string, Effect>,
): Step[] {
  if (input['kind'] === 'message') {
    const message = textOf(input['message'])
    const fields = input['fields']
    if (message === undefined || !isObject(fields) || input['runtime'] === true) return []
    const sender = asSender(actor, standingIn(record))
    const labels = textsOf(input['labels'])
    const step = stepOf(sender, 'receives', message, fields, textOf(input['from']))
    return [labels === undefined ? step : { ...step, labels }]
  }
  if (input['kind'] !== 'result' && input['kind'] !== 'failure') return []
  const spent = spendsIn(input, actor)
  const effect = intents.get(keyOf(partition, textOf(input['intent'])))
  if (effect?.kind === 'recall' && input['kind'] === 'result')
    return [
      ...spent,
      ...objects(input['value']).map((row) => stepOf(actor, 'recalled', effect.what, asRecalled(row))),
    ]
  if (effect?.kind !== 'call') return spent
  const step =
    input['kind'] === 'result'
      ? stepOf(actor, 'result', effect.tool, asFields(input['value'] ?? null))
      : stepOf(actor, 'fails', effect.tool, { error: textOf(input['error']) ?? '' })
  return [...spent, step]
}

function spendsIn(input: JsonObject, actor: Actor): Step[] {
  return isObject(input['spent']) ? [stepOf(actor, 'spends', '', input['spent'])] : []
}

/** What the input decides of what waited; undefined when it is about nothing that did. */
function awaited(input: JsonObject): string | undefined {
  const { kind, pending, approval, timer, fields, runtime } = input
  if (kind === 'found') return textOf(pending)
  if (kind === 'decision') return textOf(approval)
  // `a|` and what waits: as the fleet names such a timer in its log.
  if (kind === 'timer') return textOf(timer)?.replace(/^a\|/, '')
  return kind === 'message' && runtime === true && isObject(fields) ? textOf(fields['pending']) : undefined
}

/** The input that this change lays aside until more is known. */
function inputParked({ kind, pending }: JsonObject): JsonObject | undefined {
  const parked = kind === 'park' && isObject(pending) ? pending['parked'] : undefined
  if (!isObject(parked) || parked['kind'] !== 'input') return undefined
  return isObject(parked['input']) ? parked['input'] : undefined
}

/** What came in was itself denied, and the machine told of a failure instead. */
function wasStopped(record: JsonObject, step: Step): boolean {
  return objects(record['judged']).some(({ step: judged, verdict }) => {
    if (!isObject(judged) || judged['kind'] !== step.kind || judged['name'] !== step.name) return false
    return isObject(verdict) && verdict['kind'] !== 'allow' && verdict['kind'] !== 'repair'
  })
}

/** The effects that are steps, as the record spells them; a line that was tampered with gives none. */
function effectOf(value: Json | undefined): Effect | undefined {
  if (!isObject(value)) return undefined
  const id = textOf(value['id']) ?? ''
  const fields = isObject(value['fields']) ? value['fields'] : {}
  const named = (name: string): string => textOf(value[name]) ?? ''
  switch (value['kind']) {
    case 'call':
      return { kind: 'call', id, tool: named('tool'), args: isObject(value['args']) ? value['args'] : {} }
    case 'send':
      return { kind: 'send', to: named('to'), message: named('message'), fields }
    case 'answer':
      return { kind: 'answer', to: named('to'), fields }
    case 'remember':
      return { kind: 'remember', what: named('what'), fields }
    case 'recall':
      return { kind: 'recall', id, what: named('what'), fields }
    case 'invoke':
      return { kind: 'invoke', id, src: named('src'), input: value['input'] ?? null }
    default:
      return undefined
  }
}

const keyOf = (partition: number, id: string | undefined): string => `${partition}:${id ?? ''}`
