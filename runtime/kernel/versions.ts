/**
 * A kernel that knows which version of its machine a state is of. A state of another version is migrated, or refused with
 * what is missing; it is never taken for one of this version.
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { NotJson, toJson } from './json.ts'
import type { Kernel, Unpacked } from './kernel.ts'
import { errorText, refused } from './refusal.ts'

/** An agent's state as its machine left it. */
export interface OldState {
  readonly machine: string
  /** '' when it had none. */
  readonly version: string
  /** Active states as XState writes them: `'open'`, or `{ open: 'asking' }`. */
  readonly value: Json
  readonly context: JsonObject
}

/** `value` is left out when the states are the same. */
export type Migrated =
  | { readonly kind: 'migrated'; readonly context: JsonObject; readonly value?: Json }
  | { readonly kind: 'refused'; readonly why: string }

/** Must be pure: until the agent's next step it may run again, after a restart or on another machine. */
export type Migrate = (old: OldState) => Migrated

export interface Versioning {
  /** Instead of the machine's own `version`. */
  readonly version?: string | undefined
  readonly migrate?: Migrate | undefined
}

export function versioned(kernel: Kernel, { version = kernel.version, migrate }: Versioning): Kernel {
  const own: JsonObject = kernel.version === '' ? {} : { version: kernel.version }
  const stamp: JsonObject = version === '' ? {} : { version }

  function unpack(actor: { readonly id: string }, packed: JsonObject): Unpacked {
    const { version: stamped, ...state } = packed
    const old = { machine: String(state['machine']), version: typeof stamped === 'string' ? stamped : '' }
    if (old.machine === kernel.id && old.version === version)
      return kernel.unpack(actor, { ...state, ...own })
    const is = `the state is of ${named(old)}, the machine is ${named({ machine: kernel.id, version })}`
    if (!migrate) return refused('other-machine', `${is}, and no \`migrate\` is given`)
    const migrated = migratedBy(migrate, { ...old, value: state['value'] ?? null, context: contextOf(state) })
    if (migrated.kind === 'refused') return refused('other-machine', `${is}: ${migrated.why}`)
    const { value = state['value'] ?? null, context } = migrated
    // Orders of entry and remembered states are of the old machine's states: they begin anew.
    const { order: _, history: __, ...kept } = state
    return kernel.unpack(actor, { ...kept, ...own, machine: kernel.id, value, context })
  }

  return {
    ...kernel,
    version,
    pack:
      version === kernel.version
        ? kernel.pack
        : (snapshot) => {
            const { version: _, ...packed } = kernel.pack(snapshot)
            return { ...packed, ...stamp }
          },
    unpack,
  }
}

function migratedBy(migrate: Migrate, old: OldState): Migrated {
  try {
    // A copy: what `migrate` does to it must not reach the state that is kept.
    const migrated = migrate(structuredClone(old))
    if (migrated.kind === 'refused') return migrated
    const odd = toJson(migrated.context)
    if (odd instanceof NotJson)
      return { kind: 'refused', why: `\`${odd.path}\` in the migrated context is ${odd.found}` }
    return migrated
  } catch (error) {
    return { kind: 'refused', why: `\`migrate\` threw: ${errorText(error)}` }
  }
}

function contextOf({ context }: JsonObject): JsonObject {
  return typeof context === 'object' && context !== null && !Array.isArray(context) ? context : {}
}

const named = ({ machine, version }: { machine: string; version: string }): string =>
  version === '' ? `\`${machine}\`` : `\`${machine}\` version ${version}`
