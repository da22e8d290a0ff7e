/** For development: a transition is computed twice on frozen input, and both must say the same. */
import type { JsonObject } from '#dsl/judge/step.ts'
import type { Macrostep, Stepped } from './macrostep.ts'
import { refused } from './refusal.ts'

export function runTwice(
  run: () => Stepped,
  pack: (snapshot: Macrostep['snapshot']) => JsonObject,
  inputs: readonly unknown[],
): Stepped {
  for (const input of inputs) freeze(input)
  const first = run()
  if (first.kind === 'refused' && first.code === 'threw' && CHANGED_IN_PLACE.test(first.message))
    return refused('impure', `the machine changes its context or its event in place: ${first.message}`)
  const second = run()
  const [one, two] = [parts(first, pack), parts(second, pack)]
  const differing = Object.keys(one).find((part) => one[part] !== two[part])
  if (differing === undefined) return first
  return refused(
    'impure',
    `two runs of the same transition differ in their ${differing}: ${one[differing]}, then ${two[differing]}. ` +
      'Clocks, chance and anything outside the machine must come in as events.',
  )
}

/** What the engine says when frozen data is written to. */
const CHANGED_IN_PLACE = /read only property|not extensible|Cannot (delete|redefine) property/

function parts(
  stepped: Stepped,
  pack: (snapshot: Macrostep['snapshot']) => JsonObject,
): Record<string, string> {
  if (stepped.kind === 'refused') return { outcome: stepped.message }
  const { context, value, ...rest } = pack(stepped.snapshot)
  const { effects, moves, status, output } = stepped
  const said = { outcome: status, state: value, context, effects, moves, output, rest }
  return Object.fromEntries(Object.entries(said).map(([part, value]) => [part, JSON.stringify(value) ?? '']))
}

export function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const part of Object.values(value)) freeze(part)
}
