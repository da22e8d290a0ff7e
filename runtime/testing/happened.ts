/** What came about in a run, as steps: the words in which policies, and those who test a fleet, speak of it. */

import { STEP_KINDS, type Step, type StepKind } from '#dsl/judge/step.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import { nearest } from '#dsl/syntax/nearest.ts'
import { addressOf } from '#runtime/fleet/address.ts'
import { PartitionState } from '#runtime/fleet/partition-state.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import { happenedIn } from '#runtime/fleet/replay.ts'

/** Steps that came about, by conversation. */
export function stepsOf(records: readonly CommitRecord[]): Map<string, Step[]> {
  const states = new Map<number, PartitionState>()
  const steps = new Map<string, Step[]>()
  for (const record of records) {
    const state = states.get(record.partition) ?? new PartitionState()
    states.set(record.partition, state)
    for (const turn of record.turns) {
      const { conversation } = addressOf(turn.agent)
      const all = steps.get(conversation) ?? []
      steps.set(conversation, all)
      all.push(...happenedIn(state, turn))
      state.foldTurn(turn, record.rev)
    }
    state.advance(record)
  }
  return steps
}

/**
 * `clerk calls pay`, `clerk answers customer`, `clerk sends case to desk`, `clerk receives order from customer`: whether a step is
 * that. Throws on words that no step can be, since what is misspelt never comes about and `not` of it always holds. `plan`: of the
 * policy, where it is known, for the names of agents, tools and messages.
 */
export function stepLike(words: string, plan?: Plan): (step: Step) => boolean {
  const [agent = '', verb = '', ...rest] = words.split(' ')
  const kind = STEP_KINDS.find((each) => each === verb)
  if (kind === undefined) throw new RangeError(`\`${words}\`: ${unknownVerb(verb)}`)
  const [name, link, peer, ...more] = rest
  const linked = link === undefined || ((link === 'to' || link === 'from') && peer !== undefined)
  if (!linked || more.length > 0)
    throw new RangeError(`\`${words}\` says more than AGENT VERB NAME to|from WHOM`)
  // Answers have no name: whom they are for comes at once.
  const [wanted, whom] = kind === 'answers' ? [undefined, name] : [name, peer]
  if (plan) {
    checkName(words, 'agent', agent, plan.agents)
    const named = wanted === undefined ? undefined : NAMED[kind]
    if (wanted !== undefined && named !== undefined) checkName(words, named.what, wanted, named.of(plan))
  }
  return (step) =>
    step.agent === agent &&
    step.kind === kind &&
    (wanted === undefined || step.name === wanted) &&
    (whom === undefined || step.peer === whom)
}

type Named = readonly { readonly name: string }[]

/** What is said by a name that the policy declares. */
const NAMED: Partial<Record<StepKind, { readonly what: string; readonly of: (plan: Plan) => Named }>> = {
  calls: { what: 'tool', of: ({ tools }) => tools },
  result: { what: 'tool', of: ({ tools }) => tools },
  sends: { what: 'message', of: ({ messages }) => messages },
  receives: { what: 'message', of: ({ messages }) => messages },
}

function checkName(words: string, what: string, name: string, known: Named): void {
  const names = known.map((each) => each.name)
  if (names.includes(name)) return
  const meant = nearest(name, names)
  const help = meant === undefined ? '' : `; did you mean \`${meant}\`?`
  throw new RangeError(`\`${words}\`: the policy has no ${what} \`${name}\`${help}`)
}

function unknownVerb(verb: string): string {
  const meant = nearest(verb, STEP_KINDS)
  return meant === undefined ? `an agent does one of ${STEP_KINDS.join(', ')}` : `did you mean \`${meant}\`?`
}
