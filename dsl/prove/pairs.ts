/**
 * Checks in twos that speak of the same step: does one ask for what the other never lets through? Each pair is looked at as if
 * there were no other checks. *Contradicts* is proved by the reasoning over conditions or by following both as finite automata
 * through everything agents may do; that it does not is shown by steps that were judged.
 */
import { mayMatch } from '../judge/applicable.ts'
import { holds } from '../judge/interpret.ts'
import type { Json, Step } from '../judge/step.ts'
import type { Reason } from '../judge/verdict.ts'
import { type Condition, conditionOf, type Ground, implies } from '../lint/reason/conditions.ts'
import { isAllowed, placesOf } from '../lint/reason/places.ts'
import type { Action, Consistency, JoinKey, Plan, Rule, StepPattern, Table } from '../plan/plan.ts'
import { passes, surveyPolicy, type Tried } from './any-agents.ts'
import { patternsIn } from './constants.ts'
import { wantedBy } from './contradictions.ts'
import { createPossible, type Memory } from './possible.ts'
import { ANY, type Sketch } from './sketch.ts'

/** What is asked for, and by whom: a check, or the `may` line of an agent. */
export interface Demand {
  readonly by: Rule | Consistency | undefined
  readonly name: string
  readonly wanted: StepPattern
  readonly condition: Condition
  /** It has to be possible once this has come about, for what both say of it. */
  readonly since?: {
    readonly step: StepPattern
    readonly same: readonly JoinKey[]
    readonly withinMs?: number
  }
}

export interface Pair {
  readonly demand: Demand
  readonly against: Rule | Consistency
}

/** Pairs that are looked at in one policy. */
export const PAIRS_MAX = 1_000
/** Abstract situations followed for one pair. */
const SITUATIONS_MAX = 400
/** Judged situations looked at for one pair: what two checks tell apart is soon told apart. */
const PAIR_STATES_MAX = 30

export function pairsIn({ plan }: Ground): Pair[] {
  const demands = [
    ...plan.agents.flatMap(mayOf),
    ...plan.rules.flatMap(ruleAsks),
    ...plan.consistencies.flatMap(asks),
  ]
  const against = [...plan.rules, ...plan.consistencies].filter(isEnforced)
  return demands
    .flatMap((demand) =>
      against
        .filter((one) => one !== demand.by && speakOfTheSame(demand, one))
        .map((one): Pair => ({ demand, against: one })),
    )
    .slice(0, PAIRS_MAX)
}

function isEnforced(check: Rule | Consistency): boolean {
  const { kind } = actionOf(check)
  return (
    !check.shadow &&
    check.onError === 'deny' &&
    (kind === 'deny' || kind === 'quarantine' || kind === 'retry')
  )
}

function actionOf(check: Rule | Consistency): Action {
  return 'action' in check ? check.action : check.otherwise
}

function mayOf({ name, may }: Plan['agents'][number]): Demand[] {
  return may.flatMap((selector) =>
    (selector.names ?? [undefined]).map((called) => {
      const kind = (selector.kinds ?? ['calls']).join(' or ')
      const one = { ...selector, agents: [name], ...(called !== undefined && { names: [called] }) }
      const shown = `${name} ${kind}${called === undefined ? '' : ` ${called}`}`
      const wanted: StepPattern = { any: [one], shown }
      return { by: undefined, name: `${shown}, which it may`, wanted, condition: conditionOf(wanted) }
    }),
  )
}

/** A rule that lets through, or asks somebody who may. */
function ruleAsks(rule: Rule): Demand[] {
  const { kind } = rule.action
  if (rule.shadow || (kind !== 'allow' && kind !== 'ask')) return []
  return [{ by: rule, name: rule.name, wanted: rule.when, condition: rule }]
}

function asks(consistency: Consistency): Demand[] {
  const { form, shadow, name } = consistency
  if (shadow) return []
  const demand = (wanted: StepPattern, since?: Demand['since']): Demand => ({
    by: consistency,
    name,
    wanted,
    condition: conditionOf(wanted),
    ...(since && { since }),
  })
  if (form.kind === 'followedBy' || form.kind === 'succession')
    return [
      demand(form.by, {
        step: form.what,
        same: joinsOf(consistency),
        ...(form.withinMs !== undefined && { withinMs: form.withinMs }),
      }),
    ]
  const needs =
    form.kind === 'needs' || form.kind === 'needsEach' || form.kind === 'needsChain' || form.kind === 'quorum'
  return [...wantedBy(consistency), ...(needs ? [form.what] : [])].map((wanted) => demand(wanted))
}

/** What the steps it brings together have the same. */
function joinsOf({ forEach, form }: Consistency): JoinKey[] {
  const keys = forEach.map((path): JoinKey => ({ there: path, here: path }))
  return [...keys, ...('same' in form ? form.same : [])]
}

function speakOfTheSame({ wanted, by }: Demand, other: Rule | Consistency): boolean {
  // That a step may be taken is no demand that it may be taken always.
  if (by === undefined && 'form' in other) return false
  const spoken = 'when' in other ? [other.when] : patternsIn(other.form)
  return spoken.some((pattern) =>
    pattern.any.some((selector) => wanted.any.some((one) => overlap(selector, one))),
  )
}

type Selector = StepPattern['any'][number]

function overlap(one: Selector, other: Selector): boolean {
  const share = (a: readonly string[] | undefined, b: readonly string[] | undefined): boolean =>
    a === undefined || b === undefined || a.some((name) => b.includes(name))
  return (
    share(one.kinds, other.kinds) &&
    share(one.agents, other.agents) &&
    share(one.names, other.names) &&
    share(one.peers, other.peers)
  )
}

// ------------------------------------------------------------------ proofs

/** Why the demand can never be met; undefined: no proof was found. */
export function contradiction({ demand, against }: Pair, ground: Ground): string | undefined {
  const places = placesOf(demand.wanted, ground.plan).filter((place) => isAllowed(place, ground.plan))
  if (places.length === 0 || places.some(({ kind }) => kind === 'fails' || kind === 'spends'))
    return undefined
  const asked = `it asks for ${demand.wanted.shown}`
  if ('when' in against)
    return places.every((place) => implies(demand.condition, against, place, { certain: false }, ground))
      ? `${asked}, which ${shownCheck(against)} always stops`
      : undefined
  if (restsTooLong(demand, against, ground))
    return `${asked} in time, and ${shownCheck(against)} lets none through for as long`
  return neverPasses(demand, against, ground)
    ? `${asked}, which ${shownCheck(against)} lets through at no time`
    : undefined
}

export function shownCheck({ name }: Rule | Consistency): string {
  return `“${name}”`
}

/** Everything agents may do, in any order, with both checks as automata: is what is asked for let through anywhere? */
function neverPasses({ by, wanted, since }: Demand, against: Consistency, ground: Ground): boolean {
  // What is owed may be done in another conversation.
  if (since && by && 'scope' in by && by.scope === 'fleet' && against.scope !== 'fleet') return false
  const alone = onlyWith([...(by ? [by] : []), against], ground)
  const possible = createPossible(alone, undefined)
  const patterns = [
    wanted,
    ...(since ? [since.step] : []),
    ...patternsOf(against),
    ...(by ? patternsOf(by) : []),
  ]
  const sketches = sketchesOf(patterns, alone.plan)
  const targets = sketchesOf([wanted], alone.plan)
  const starts = since && new Set(sketchesOf([since.step], alone.plan).map((one) => JSON.stringify(one)))
  interface Place {
    readonly memory: Memory
    readonly begun: boolean
  }
  const queue: Place[] = [{ memory: possible.begin, begun: since === undefined }]
  const seen = new Set([JSON.stringify(queue[0])])
  let everBegun = since === undefined
  for (let place = queue.pop(); place; place = queue.pop()) {
    const { memory, begun } = place
    if (begun && targets.some((sketch) => !possible.mustStop(memory, sketch))) return false
    for (const sketch of sketches) {
      if (possible.mustStop(memory, sketch)) continue
      const begins = begun || starts?.has(JSON.stringify(sketch)) === true
      everBegun ||= begins
      const next: Place = { memory: possible.after(memory, sketch), begun: begins }
      const key = JSON.stringify(next)
      if (seen.has(key)) continue
      if (seen.size >= SITUATIONS_MAX) return false
      seen.add(key)
      queue.push(next)
    }
  }
  return everBegun
}

function sketchesOf(patterns: readonly StepPattern[], plan: Plan): Sketch[] {
  const sketches = patterns.flatMap((pattern) =>
    placesOf(pattern, plan).map(
      ({ kind, agent = '', name, peer }): Sketch => ({
        kind,
        agent,
        fields: ANY,
        ...(name !== undefined && { name }),
        ...(peer !== undefined && { peer }),
      }),
    ),
  )
  return [...new Map(sketches.map((one) => [JSON.stringify(one), one])).values()]
}

/** `X is followed by Y within T` beside `Y never within D after X`, and `X needs an earlier Y within T` beside `X never within D after Y`. */
function restsTooLong(
  { by, wanted, since }: Demand,
  { form, forEach, forEachOf = [], scope, during }: Consistency,
  ground: Ground,
): boolean {
  if (form.kind !== 'rests' || form.times !== 1 || form.same.length > 0) return false
  if (by === undefined || !('form' in by) || by.during !== undefined) return false
  // What was done in another conversation, or to something else, is at rest for the one and not for the other.
  if (scope !== 'conversation' || by.scope === 'fleet') return false
  if (forEachOf.length > 0 || during !== undefined) return false
  const joins = since?.same ?? joinsOf(by)
  const isJoined = (path: readonly string[]): boolean =>
    joins.some(({ there, here }) => there.join() === path.join() && here.join() === path.join())
  if (!forEach.every(isJoined)) return false
  const { forMs = Number.POSITIVE_INFINITY } = form
  if (since?.withinMs !== undefined)
    return (
      forMs >= since.withinMs &&
      isWithin(wanted, form.what, ground) &&
      isWithin(since.step, form.after, ground)
    )
  if (by.form.kind !== 'needs' || by.form.withinMs === undefined) return false
  return (
    wanted === by.form.what &&
    forMs >= by.form.withinMs &&
    isWithin(wanted, form.what, ground) &&
    isWithin(by.form.earlier, form.after, ground)
  )
}

/** Every step of the one is a step of the other. */
function isWithin(one: StepPattern, other: StepPattern, ground: Ground): boolean {
  return placesOf(one, ground.plan).every((place) =>
    implies(conditionOf(one), conditionOf(other), place, { certain: false }, ground),
  )
}

// ------------------------------------------------------------------ examples

/** The shortest steps found at which the demand is met; undefined: none of those tried. */
export function meeting(
  { demand, against }: Pair,
  ground: Ground,
  tried: readonly Tried[],
  at: number,
  keyOf: (reason: Reason) => string,
  keyOfCheck: (check: Rule | Consistency) => string,
): readonly Step[] | undefined {
  const { by, wanted, since } = demand
  const { plan, tables } = onlyWith([...(by ? [by] : []), against], ground)
  const patterns = [
    wanted,
    ...(since ? [since.step] : []),
    ...patternsOf(against),
    ...(by ? patternsOf(by) : []),
  ]
  let found: readonly Step[] | undefined
  surveyPolicy(plan, {
    statesMax: PAIR_STATES_MAX,
    at,
    keyOf,
    tried: tried.filter((step) => patterns.some((pattern) => mayMatch(pattern, addressOf(step)))),
    enough: () => found !== undefined,
    judged(steps, verdict) {
      const step = steps.at(-1)
      if (found || !step || !isSurely(wanted, step, tables)) return
      if (by && 'when' in by) {
        const spoke = verdict.reasons.map(keyOf)
        if (spoke.includes(keyOfCheck(by)) && !spoke.includes(keyOfCheck(against))) found = steps
      } else if (
        passes(verdict) &&
        (!since || steps.some((one) => one !== step && begins(one, step, since, tables)))
      )
        found = steps
    },
  })
  return found
}

function begins(
  one: Step,
  then: Step,
  { step, same }: NonNullable<Demand['since']>,
  tables: ReadonlyMap<string, Table>,
): boolean {
  return (
    isSurely(step, one, tables) &&
    same.every(
      ({ there, here }) => JSON.stringify(at(one.fields, there)) === JSON.stringify(at(then.fields, here)),
    )
  )
}

function at(value: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner[name] : undefined,
    value,
  )
}

export function isSurely(pattern: StepPattern, step: Step, tables: ReadonlyMap<string, Table>): boolean {
  if (!mayMatch(pattern, addressOf(step))) return false
  return holds(pattern.where, { step, fields: step.fields, tables, bindings: [], locals: [] }) === true
}

export function addressOf({ kind, agent, name, peer }: Tried) {
  return { kind, agent, name, peer }
}

function onlyWith(checks: readonly (Rule | Consistency)[], { plan, ...ground }: Ground): Ground {
  return {
    ...ground,
    plan: {
      ...plan,
      rules: plan.rules.filter((one) => checks.includes(one)),
      consistencies: plan.consistencies.filter((one) => checks.includes(one)),
      flows: [],
    },
  }
}

function patternsOf(check: Rule | Consistency): readonly StepPattern[] {
  return 'when' in check
    ? [check.when, ...check.bindings.map(({ of }) => of)]
    : patternsIn([check.form, check.during])
}
