/**
 * Stories from a model: an XState machine of what clients may do gives the shortest way into each of its states (`xstate/graph`),
 * and each way is a story to run.
 */
import { getShortestPaths } from 'xstate/graph'
import type { Machine } from '#runtime/kernel/kernel.ts'
import type { Happening } from './happening.ts'

export interface Path {
  /** Where it leads: the machine's state value, as JSON. */
  readonly to: string
  readonly events: readonly string[]
  readonly happenings: readonly Happening[]
}

/** `happens` says what an event of the model is in the fleet's world; an event it does not know is no part of the story. */
export function pathsOf(model: Machine, happens: Readonly<Record<string, Happening>>): Path[] {
  const events = Object.keys(happens).map((type) => ({ type }))
  return getShortestPaths(model, { events }).map(({ state, steps }) => {
    const types = steps.map(({ event }) => event.type).filter((type) => Object.hasOwn(happens, type))
    return { to: JSON.stringify(state.value), events: types, happenings: types.map((type) => happens[type]!) }
  })
}
