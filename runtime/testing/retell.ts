/**
 * A path that `parapet prove` found, told again in the simulated world: clients say, tools give and people decide what they did on
 * the path, and the fleet does the rest by itself.
 */
import type { Judge } from '#dsl/judge/judge.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import type { Detector, FleetDefinition, ToolExecutor } from '#runtime/fleet/definition.ts'
import { AT, type ProveOptions, settingFor } from '#runtime/prove/prove.ts'
import { replay } from '#runtime/prove/replay.ts'
import type { Happening } from '#runtime/prove/situation.ts'
import type { Told } from '#runtime/simulation/simulate.ts'
import type { Run } from './run.ts'
import { simulate } from './simulate.ts'
import type { Subject } from './subject.ts'

/** Between two happenings, in milliseconds of virtual time. */
const PACE_MS = 100
const CONVERSATION = 'it'
/** Steps judged until it is clear that a fleet never comes to rest, such as one that calls again on every answer. */
export const RETOLD_STEPS_MAX = 10_000

export interface Retold {
  readonly kind: 'retold'
  readonly run: Run
  /** What the policy said of the agent's steps, in order: `deny calls pay: Look first`. */
  readonly said: readonly string[]
}

/** Over `RETOLD_STEPS_MAX` steps were judged, and it did not come to rest. */
export interface Restless {
  readonly kind: 'restless'
}

/** Undefined where the simulated world cannot tell it: what memory, models or other agents say cannot be put into their mouths. */
export async function retell(
  subject: Subject,
  role: string,
  happenings: readonly Happening[],
): Promise<Retold | Restless | undefined> {
  const { definition, judge } = subject
  const bounded = boundedJudge(judge)
  const cast = new Set(Object.keys(definition.agents))
  const told: Told[] = []
  const decisions: { readonly grant: boolean; readonly atMs: number }[] = []
  let atMs = 0
  for (const happening of happenings) {
    atMs += happening.kind === 'time' ? happening.ms : PACE_MS
    if (happening.kind === 'message') {
      const { from, message, fields } = happening
      if (cast.has(from)) return undefined
      told.push({ atMs, conversation: CONVERSATION, to: role, from, message, fields })
      if (happening.roles !== undefined) return undefined
    } else if (happening.kind === 'decided') decisions.push({ grant: happening.grant, atMs })
    else if (!SIMULATED.has(happening.kind) || !isTellable(happening)) return undefined
  }
  if (told.length === 0) return undefined
  let next = 0
  const telling = simulate(
    // It begins when the proof's did: calendars and clocks decide.
    { ...subject, definition: { startsAt: new Date(AT).toISOString(), ...definition }, judge: bounded.judge },
    {
      faults: 'none',
      told,
      forMs: atMs + PACE_MS,
      world: { tools: toolsOf(judge.plan, happenings), detectors: detectorsOf(happenings) },
      person(approval, _random, askedAfterMs) {
        const decision = decisions[next++]
        return (
          decision && {
            by: whoMay(definition, approval.who),
            grant: decision.grant,
            afterMs: Math.max(0, decision.atMs - askedAfterMs),
          }
        )
      },
    },
  )
  // What the judge throws is a bug to the fleet, which stops at once.
  const run = await telling.catch((error: unknown) => {
    if (bounded.isOver()) return undefined
    throw error
  })
  if (!run || bounded.isOver()) return { kind: 'restless' }
  const said = run.judged.flatMap(({ step, verdict }) =>
    step.agent === role ? verdict.reasons.map((reason) => spoken(step, reason)) : [],
  )
  return { kind: 'retold', run, said }
}

function boundedJudge(judge: Judge): { readonly judge: Judge; readonly isOver: () => boolean } {
  let left = RETOLD_STEPS_MAX
  return {
    isOver: () => left < 0,
    judge: {
      ...judge,
      judge(cells, step, grounds) {
        if (--left < 0) throw new Error(`over ${RETOLD_STEPS_MAX} steps were judged`)
        return judge.judge(cells, step, grounds)
      },
    },
  }
}

/** The same by the agent's kernel and its policy alone, with everybody else's words put into their mouths. */
export function replayed(
  subject: Subject,
  role: string,
  happenings: readonly Happening[],
  options: ProveOptions = {},
): readonly string[] {
  const agent = subject.definition.agents[role]
  if (!agent) throw new RangeError(`the fleet has no agent \`${role}\``)
  const input = agent.input?.(CONVERSATION) ?? null
  return replay(settingFor(subject.judge.plan, role, agent.machine, input, options), happenings).flatMap(
    ({ judged }) =>
      judged.flatMap(({ step, verdict }) => verdict.reasons.map((reason) => spoken(step, reason))),
  )
}

const SIMULATED: ReadonlySet<Happening['kind']> = new Set([
  'start',
  'result',
  'failure',
  'time',
  'told',
  'looked',
  'ledger',
])

/** Whose roles, which tenant, what became of what failed and what others did is for the rest of the fleet to say. */
function isTellable(happening: Happening): boolean {
  if (happening.kind === 'start') return happening.roles === undefined && happening.tenant === undefined
  if (happening.kind === 'ledger') return happening.by === 'itself'
  if ('spent' in happening) return false
  return happening.kind !== 'failure' || !happening.unsure
}

function spoken(
  { kind, name }: { readonly kind: string; readonly name: string },
  { action, check }: { readonly action: string; readonly check: string },
): string {
  return `${action} ${kind}${name === '' ? '' : ` ${name}`}: ${check}`
}

/** Tools that give what they gave on the path, in its order, and then nothing of note. */
function toolsOf(plan: Plan, happenings: readonly Happening[]): Record<string, ToolExecutor> {
  return Object.fromEntries(
    plan.tools.map(({ name }) => {
      const given = happenings.filter(
        (one) => (one.kind === 'result' || one.kind === 'failure') && one.tool === name,
      )
      let next = 0
      const tool: ToolExecutor = () => {
        const one = given[next++]
        if (one?.kind === 'failure') return { kind: 'failed', error: one.error }
        return { kind: 'ok', value: one?.kind === 'result' ? one.value : {} }
      }
      return [name, tool]
    }),
  )
}

/** Detectors that say what they said on the path, in its order, and then nothing. */
function detectorsOf(happenings: readonly Happening[]): Record<string, Detector> {
  const looks = happenings.filter((one) => one.kind === 'looked')
  return Object.fromEntries(
    [...new Set(looks.map(({ detector }) => detector))].map((name) => {
      const said = looks.filter(({ detector }) => detector === name)
      let next = 0
      const detector: Detector = () => {
        const says = said[next++]?.says ?? null
        return says === null ? { kind: 'failed', why: 'it gave no answer' } : { kind: 'found', value: says }
      }
      return [name, detector]
    }),
  )
}

/** Somebody of the role; a fleet that names nobody is decided for by anybody. */
function whoMay({ people = {} }: Pick<FleetDefinition, 'people'>, who: string): string {
  return Object.entries(people).find(([, { roles }]) => roles.includes(who))?.[0] ?? who
}
