/** Event names that only the runtime may use. */

export type Origin = 'outside' | 'runtime'

/** `xstate.*` settles children and timers, `parapet.*` is what the runtime tells a machine. */
export function isReserved(type: string): boolean {
  return type.startsWith('xstate.') || type.startsWith('parapet.')
}

const RUNTIME_ONLY = ['parapet.', 'xstate.after.', 'xstate.done.actor.', 'xstate.error.actor.']

/** The rest of `xstate.*` (`init`, `stop`, `route`, `done.state` …) never comes as an event, not even from the runtime. */
export function mayArrive(type: string, origin: Origin): boolean {
  if (!isReserved(type)) return true
  return origin === 'runtime' && RUNTIME_ONLY.some((prefix) => type.startsWith(prefix))
}

/** The child that an event settles, if it settles one. */
export function settledChild(type: string): string | undefined {
  if (type.startsWith('xstate.done.actor.')) return type.slice('xstate.done.actor.'.length)
  if (type.startsWith('xstate.error.actor.')) return type.slice('xstate.error.actor.'.length)
  return undefined
}
