/** Patterns that let in more steps, or fewer, than the one that is written. */
import type { JoinKey, Plan, Selector, StepPattern } from '../../plan/plan.ts'
import { type Change, each, eachLeftOut, inside } from './change.ts'
import { otherConditions } from './conditions.ts'

/** What a policy speaks of at all: a pattern that names everything there is cannot be wider. */
export interface World {
  readonly agents: readonly string[]
  readonly names: readonly string[]
}

export function worldOf({ agents, tools, messages }: Plan): World {
  return {
    agents: agents.map(({ name }) => name),
    names: [...tools, ...messages].map(({ name }) => name),
  }
}

export function otherPatterns(pattern: StepPattern, world: World): Change<StepPattern>[] {
  const { where, any, shown } = pattern
  const selectors = [
    ...eachLeftOut(any, (one) => `without ${told(one)}`),
    ...each(any, (selector) => otherSelectors(selector, world)),
  ].map((change) => ({ ...change, says: `${change.says} (of \`${shown}\`)` }))
  return [
    ...(where === undefined
      ? []
      : [
          { to: { any, shown }, span: where.span, says: 'no condition at all' },
          ...inside(otherConditions(where), (to): StepPattern => ({ ...pattern, where: to })),
        ]),
    ...inside(selectors, (to): StepPattern => ({ ...pattern, any: to })),
  ]
}

function otherSelectors(selector: Selector, world: World): Change<Selector>[] {
  const { agents, names, peers, ...kinds } = selector
  const wider: Change<Selector>[] = []
  const put = (part: 'agents' | 'names' | 'peers', list: readonly string[] | undefined): Selector =>
    list === undefined ? { ...kinds, ...without(selector, part) } : { ...selector, [part]: list }
  if (agents !== undefined && world.agents.some((one) => !agents.includes(one)))
    wider.push({ to: put('agents', undefined), says: `whichever agent, not only ${listed(agents)}` })
  if (names !== undefined && world.names.some((one) => !names.includes(one)))
    wider.push({ to: put('names', undefined), says: `whatever its name, not only ${listed(names)}` })
  if (peers !== undefined)
    wider.push({ to: put('peers', undefined), says: `with anyone, not only ${listed(peers)}` })
  const fewer = (part: 'agents' | 'names' | 'peers', list: readonly string[] = []) =>
    inside(
      eachLeftOut(list, (one) => `without \`${one}\``),
      (to): Selector => put(part, to),
    )
  return [...wider, ...fewer('agents', agents), ...fewer('names', names), ...fewer('peers', peers)]
}

function without(selector: Selector, part: 'agents' | 'names' | 'peers'): Selector {
  const { [part]: _, ...rest } = selector
  return rest
}

const listed = (all: readonly string[]): string => all.map((one) => `\`${one}\``).join(', ')

function told({ kinds, names }: Selector): string {
  return listed(names ?? kinds ?? ['anything'])
}

/** `with the same order` forgotten, one at a time. */
export function otherJoins(same: readonly JoinKey[]): Change<readonly JoinKey[]>[] {
  return same.map(({ here }, index) => ({
    to: same.toSpliced(index, 1),
    says: `whatever its \`${here.join('.')}\``,
  }))
}
