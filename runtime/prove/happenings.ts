/** What may happen to one agent in a situation, with values made up from the policy's shapes; and what that leaves out. */
import type { Need } from '#dsl/judge/grounds.ts'
import type { Json, JsonObject, StepKind } from '#dsl/judge/step.ts'
import { isAllowed, meets } from '#dsl/lint/reason/places.ts'
import type { Consistency, Plan, Rule, Shape, StepPattern } from '#dsl/plan/plan.ts'
import type { Tried } from '#dsl/prove/any-agents.ts'
import { expressionsOf, patternsIn, patternsOf } from '#dsl/prove/constants.ts'
import { levelsOf } from '#dsl/prove/levels.ts'
import { type Sampling, samplesOf, samplingOf } from '#dsl/prove/samples.ts'
import { agesOf, sinceOf } from './ages.ts'
import { othersOf } from './others.ts'
import type { Awaited, Happening, Situation } from './situation.ts'
import { isOfSpends, type Spent, spentIn } from './spent.ts'
import { NOBODY, standingIn, startsOf } from './standing.ts'
import { type Clock, clockOf, isTimed, looksLikeTime, untilNext } from './time.ts'

/** Why more may happen than what was looked at, in words; none: nothing else can. */
export type Gaps = Set<string>

export interface World {
  readonly plan: Plan
  readonly role: string
  /** What may be said to the agent, whatever its state. */
  readonly messages: readonly Happening[]
  readonly resultsOf: (tool: string) => readonly Json[]
  /** What is said to the agent may be other than what is tried. */
  readonly gaps: ReadonlySet<string>
  /** What the policy lets others and time decide. */
  readonly judged: readonly string[]
  readonly clock: Clock
  /** How it may begin: with which roles, for which tenant. */
  readonly starts: readonly Happening[]
  /** What calls may cost, where it counts. */
  readonly spent: readonly Spent[]
  /** What other agents may do in the same conversation, where it counts, and why they may do more. */
  readonly others: readonly Happening[]
  readonly othersGaps: readonly string[]
  /** The same where all of that is tried. */
  readonly besideOthers: Pick<World, 'others' | 'othersGaps' | 'spent'>
  /** What a detector may say: on each side of what its scores are compared with. */
  readonly levels: readonly number[]
}

/** What an invoked source may give back is known to nobody; these are tried. */
const OUTPUTS: readonly Json[] = [null, {}, 'text', { text: 'text', calls: [], parts: 0 }]

/**
 * `heard`: the types of events the machine listens to, any of them for `*`. `found`: steps to be tried beside those the policy's
 * own values make up.
 */
export function createWorld(
  plan: Plan,
  role: string,
  heard: (type: string) => boolean,
  {
    at,
    found = [],
    hasDirectory = true,
  }: {
    readonly at: number
    readonly found?: readonly Tried[]
    /** Somebody says who has which roles, and whose a conversation is; else nobody has any. */
    readonly hasDirectory?: boolean
  },
): World {
  const more = (kind: StepKind, name: string): JsonObject[] =>
    found.flatMap((step) => (step.kind === kind && step.name === name ? [step.fields] : []))
  const sampling = samplingOf(plan)
  const gaps: Gaps = new Set()
  const own = aboutAgent(plan, role)
  const shapes = [
    ...plan.messages.map(({ shape }) => shape),
    ...plan.tools.flatMap(({ returns }) => returns ?? []),
  ]
  const ages = agesOf(
    expressionsOf(own),
    shapes.flatMap((shape) => samplesOf(shape, sampling).values),
  )
  const clock = clockOf(own, at, ages.moments)
  const standing = hasDirectory ? standingIn(own) : NOBODY
  for (const gap of [...standing.gaps, ...ages.gaps, ...clock.calendars.gaps]) gaps.add(gap)
  const others = othersOf(own, role, at, sampling)
  const levels = levelsOf(plan)
  if (levels.open) gaps.add('the score of a detector is compared with what is not written out')
  const messages = plan.messages.flatMap(({ name, shape }) => {
    const from = sendersOf(plan, role, name)
    if (from.length === 0 || (!heard(name) && !countsFor(plan, role, 'receives', name))) return []
    const made = valuesOf(shape, sampling, name, gaps).filter(isRecord)
    const fields = distinct([...made, ...more('receives', name)])
    return from.flatMap((from) =>
      fields.flatMap((fields) =>
        standing.roles.map(
          (roles): Happening => ({ kind: 'message', from, message: name, fields, ...(roles && { roles }) }),
        ),
      ),
    )
  })
  if (looksLikeTime(clock, JSON.parse(JSON.stringify(messages)) as Json))
    gaps.add('a value is a number that may be taken for a time')
  for (const type of heard('*') ? ['*'] : TOLD)
    if (heard(type)) gaps.add(`it listens to \`${type}\`, of which nothing is made up`)
  const results = new Map<string, readonly Json[]>()
  return {
    plan,
    role,
    messages,
    gaps,
    judged: policyGaps(plan, role),
    clock,
    starts: startsOf(standing),
    spent: [],
    others: [],
    othersGaps: [
      ...(others.checks.length > 0 ? [`steps of other agents count in ${listed(others.checks)}`] : []),
      ...others.untold,
    ],
    besideOthers: {
      others: others.happenings,
      othersGaps: [...others.gaps, ...others.untold],
      spent: spentIn(own),
    },
    levels: levels.values,
    resultsOf(tool) {
      let values = results.get(tool)
      if (!values) {
        const returns = plan.tools.find(({ name }) => name === tool)?.returns
        values = returns ? valuesOf(returns, sampling, `the result of ${tool}`, gaps) : [{}]
        // A result that is no record is its `value`.
        if (returns?.kind === 'record') values = distinct([...values, ...more('result', tool)])
        results.set(tool, values)
      }
      return values
    },
  }
}

function distinct<T extends Json>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}

/** Told by the runtime about others, with contents of their making. */
const TOLD = [
  'parapet.approval',
  'parapet.overdue',
  'parapet.escalated',
  'parapet.refused',
  'parapet.part',
  'parapet.alert',
]

function valuesOf(shape: Shape, sampling: Sampling, of: string, gaps: Gaps): readonly Json[] {
  const { values, open } = samplesOf(shape, sampling)
  for (const path of open) gaps.add(`${path === '' ? 'the value' : `\`${path}\``} of ${of} may be any`)
  return values
}

/** Somebody outside of whom the policy does not speak. */
const STRANGER = 'somebody'

/** Who may say it: agents that may send it, those outside the policy names, and one it does not. */
function sendersOf(plan: Plan, role: string, message: string): string[] {
  const agents = plan.agents.map(({ name }) => name)
  // Its own kind too: one of another conversation, or itself.
  const inside = agents.filter((agent) =>
    isAllowed({ kind: 'sends', agent, name: message, peer: role }, plan),
  )
  const selectors = [
    ...(plan.agents.find(({ name }) => name === role)?.may ?? []),
    ...patternsOf(plan).flatMap(({ any }) => any),
  ].filter(({ kinds, names }) => kinds?.includes('receives') && (names?.includes(message) ?? true))
  const outside = selectors
    .flatMap(({ peers }) => peers ?? ['client'])
    .filter((peer) => !agents.includes(peer))
  return [...new Set([...inside, ...outside, STRANGER])]
}

/** Whether some check speaks of such a step. */
function countsFor(plan: Plan, role: string, kind: StepKind, name: string): boolean {
  const place = { kind, agent: role, name, peer: undefined }
  return [
    ...plan.rules.map(({ when }) => when),
    ...plan.consistencies.flatMap(({ form, during }) => patternsIn([form, during])),
  ].some(({ any }) => any.some((selector) => meets(selector, place)))
}

/** In `situation`: what is decided or told comes before anything else. */
export function happeningsIn(
  world: World,
  { snapshot, next, awaited, status, elapsedMs, cells, ledgers }: Situation,
  gaps: Gaps,
): Happening[] {
  if (status !== 'active') return []
  if (!snapshot) return [...world.starts]
  if (next?.kind === 'told') return [next]
  const { clock } = world
  const dues = awaited.flatMap((one) =>
    one.kind === 'schedule' ? [clock.at + one.sinceMs + one.delayMs] : [],
  )
  const ms = untilNext(clock, elapsedMs, [...cells, ...ledgers], dues)
  const later: Happening[] = ms === undefined ? [] : [{ kind: 'time', ms }]
  const beside = [...world.others, ...later]
  if (next?.kind === 'asked')
    return [...[true, false].map((grant): Happening => ({ kind: 'decided', grant })), ...beside]
  if (next?.kind === 'wants')
    return [...next.wanted.needs.slice(0, 1).flatMap((need) => learnt(world, need)), ...beside]
  // Where no window decides, a timer may ring at any time.
  const rings = (one: Awaited): boolean =>
    one.kind !== 'schedule' || !isTimed(clock) || one.sinceMs + one.delayMs <= elapsedMs
  // Those alike in all that comes of them: which timer of one name is due, and what is given back with a call, differs.
  const sorts = new Map(
    awaited.filter(rings).map((one) => [sortOf(one) + JSON.stringify(one.holds ?? []), one]),
  )
  const arriving = [...sorts.values()].flatMap((one) => arrivals(world, one, gaps))
  return [...world.messages, ...arriving, ...beside]
}

/** What detectors and ledgers may say is free, but for what this agent alone has used up. */
function learnt({ levels }: World, need: Need): Happening[] {
  if (need.kind === 'evidence')
    return [...levels, null].map((says): Happening => ({ kind: 'looked', detector: need.detector, says }))
  return (['itself', 'others'] as const).map((by): Happening => ({ kind: 'ledger', check: need.check, by }))
}

/** What is awaited under a name the runtime made up is told apart by what it is of: what was asked matters no more. */
export function sortOf(one: Awaited): string {
  const id = MADE_UP.test(one.id) ? '' : one.id
  switch (one.kind) {
    case 'call':
      return JSON.stringify([one.kind, id, one.tool])
    case 'recall':
      return JSON.stringify([one.kind, id, one.what])
    case 'invoke':
      return JSON.stringify([one.kind, id, one.src])
    case 'schedule':
      return JSON.stringify([one.kind, id, one.event])
  }
}

const MADE_UP = /^[cts]\d+$/

/** How what is awaited may come out. */
function arrivals(world: World, one: Awaited, gaps: Gaps): Happening[] {
  const { id } = one
  switch (one.kind) {
    case 'schedule':
      return [{ kind: 'timer', id }]
    case 'call': {
      const { tool } = one
      const values = world.resultsOf(tool)
      const [first] = values
      for (const gap of world.gaps) gaps.add(gap)
      return [
        ...values.map((value): Happening => ({ kind: 'result', id, tool, value })),
        { kind: 'failure', id, tool, error: 'it failed' },
        ...(one.holds
          ? [{ kind: 'failure', id, tool, error: 'it failed', unsure: true } satisfies Happening]
          : []),
        ...world.spent.flatMap((spent): Happening[] =>
          first === undefined ? [] : [{ kind: 'result', id, tool, value: first, spent }],
        ),
      ]
    }
    case 'recall':
      gaps.add(`what is recalled of ${one.what} may be any`)
      return [
        { kind: 'recalled', id, what: one.what, rows: [] },
        { kind: 'failure', id, tool: 'recall', error: 'it failed' },
      ]
    case 'invoke': {
      const { src } = one
      gaps.add(`what \`${src}\` gives may be any`)
      return [
        ...OUTPUTS.map((output): Happening => ({ kind: 'done', id, src, output })),
        { kind: 'error', id, src, error: 'it failed' },
        ...world.spent.map((spent): Happening => ({ kind: 'done', id, src, output: null, spent })),
      ]
    }
  }
}

// ------------------------------------------------------------------ what the policy lets others and time decide

function policyGaps(whole: Plan, role: string): string[] {
  const plan = aboutAgent(whole, role)
  const meant = (check: Rule | Consistency): string => `"${check.name}"`
  const timed = plan.rules.filter((rule) => sinceOf(rule) === undefined).map(meant)
  const spends = patternsOf(plan).some(isOfSpends)
  const inFlows = plan.flows.flatMap(({ form }) => patternsIn(form))
  const reads = (kind: StepKind, name: string | undefined): boolean =>
    [...patternsOf(plan).filter(({ where }) => where !== undefined), ...inFlows].some(({ any }) =>
      any.some((selector) => meets(selector, { kind, agent: role, name, peer: undefined })),
    )
  const untold = plan.tools.filter(
    ({ name, returns }) =>
      returns === undefined && isAllowed({ kind: 'calls', agent: role, name, peer: undefined }, plan),
  )
  const undeclared = untold.flatMap(({ name }) => (reads('result', name) ? [notSaid(name)] : []))
  return [
    ...(timed.length > 0 ? [`the time since a step is reckoned with in ${listed(timed)}`] : []),
    ...(spends ? ['what calls cost may be any'] : []),
    ...(reads('fails', undefined) ? ['why a call failed may be any'] : []),
    ...undeclared,
  ]
}

/** Without the checks that never look at a step of the agent nor allow one to others. */
function aboutAgent(plan: Plan, role: string): Plan {
  const looks = (patterns: readonly StepPattern[]): boolean =>
    patterns.some(({ any }) => any.some(({ agents }) => agents?.includes(role) ?? true))
  return {
    ...plan,
    // What others are allowed counts among their permissions.
    rules: plan.rules.filter(({ when, action }) => looks([when]) || action.kind === 'allow'),
    consistencies: plan.consistencies.filter(({ form }) => looks(patternsIn(form))),
    flows: plan.flows.filter(({ form }) => looks([form.what])),
  }
}

/** The gap of a tool whose results are not declared. */
export function notSaid(tool: string): string {
  return `the policy does not say what \`${tool}\` returns`
}

const NAMED_MAX = 2

function listed(names: readonly string[]): string {
  const more = names.length - NAMED_MAX
  return more > 0 ? `${names.slice(0, NAMED_MAX).join(', ')} and ${more} more` : names.join(' and ')
}

function isRecord(value: Json): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
