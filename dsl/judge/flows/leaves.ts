/** The texts and numbers inside a value, each followed on its own. Yes, no and null carry nothing. */
import type { Json, JsonObject } from '../step.ts'

/** Leaves of one step that are looked at; a step with more is only partly known. */
export const LEAVES_MAX = 20_000

export interface Leaf {
  /** As a reader would write it: `recipients`, `attachments.file_id`. */
  readonly path: string
  readonly text: string
}

/**
 * Every leaf at or below `path`; lists on the way are gone through, and a result that is no record stands under
 * `value`. An empty path is everything. With `keys`, the names of fields below the path count too: a tool may as well
 * give `{"anna@example.com": "read"}`.
 */
export function leavesAt(
  fields: JsonObject,
  path: readonly string[],
  keys = false,
): { leaves: Leaf[]; cut: boolean } {
  const leaves: Leaf[] = []
  const [head] = path
  const start: Json | undefined =
    head !== undefined && !Object.hasOwn(fields, head) && Object.hasOwn(fields, 'value')
      ? fields['value']
      : fields
  const cut = start !== undefined && !collect(start, path, 0, undefined, leaves, keys)
  return { leaves, cut }
}

/** Recursive by nesting, which the shape of a step bounds; false when there were too many leaves. */
function collect(
  value: Json,
  path: readonly string[],
  depth: number,
  at: string | undefined,
  leaves: Leaf[],
  keys: boolean,
): boolean {
  if (leaves.length >= LEAVES_MAX) return false
  if (Array.isArray(value)) {
    for (const item of value) if (!collect(item, path, depth, at, leaves, keys)) return false
    return true
  }
  if (typeof value === 'object' && value !== null) {
    const name = path[depth]
    if (name !== undefined) {
      if (!Object.hasOwn(value, name)) return true
      return collect(value[name]!, path, depth + 1, within(at, name), leaves, keys)
    }
    for (const key of Object.keys(value)) {
      if (keys) leaves.push({ path: at ?? '', text: key })
      if (!collect(value[key]!, path, depth, within(at, key), leaves, keys)) return false
    }
    return true
  }
  // A path that goes on below a text names nothing.
  if (depth < path.length) return true
  if (typeof value === 'string' && value !== '') leaves.push({ path: at ?? '', text: value })
  else if (typeof value === 'number') leaves.push({ path: at ?? '', text: String(value) })
  return true
}

function within(at: string | undefined, name: string): string {
  return at === undefined ? name : `${at}.${name}`
}
