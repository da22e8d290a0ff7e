/** Who may read what a step tells: by the fields it names, by names the policy lists, by the labels of a remembered row. */
import type { FlowReaders } from '../../plan/plan.ts'
import type { Json, JsonObject } from '../step.ts'
import { fold } from '../text.ts'
import { NAMES_MAX } from './readership.ts'

/** How a list of readers travels with a row of shared memory: as one of its labels. */
const LABEL = 'readers '
/** Characters such a label may have; a longer list is nobody's. */
const LABEL_CHARS_MAX = 400

/** Names as they compare, in order. A list that cannot be read, or is too long, is empty: nobody may read it. */
export function readersTold(told: JsonObject, { readers }: Pick<FlowReaders, 'readers'>): readonly string[] {
  const names = new Set<string>()
  for (const reader of readers) {
    const found = reader.kind === 'is' ? [fold(reader.text)] : listAt(told, reader.path)
    if (found === undefined) return []
    for (const name of found) names.add(name)
  }
  return inOrder(names)
}

/** Of a list on the way each item has readers of its own: who may read all of them. */
function listAt(told: JsonObject, path: readonly string[]): readonly string[] | undefined {
  const [head] = path
  const start =
    head !== undefined && !Object.hasOwn(told, head) && Object.hasOwn(told, 'value') ? told['value'] : told
  const lists: ReadonlySet<string>[] = []
  if (start === undefined || !collect(start, path, 0, lists)) return undefined
  const [first, ...others] = lists
  return Array.from(first ?? []).filter((name) => others.every((other) => other.has(name)))
}

function collect(value: Json, path: readonly string[], depth: number, lists: ReadonlySet<string>[]): boolean {
  const name = path[depth]
  if (name === undefined) {
    const texts = Array.isArray(value) ? value : [value]
    if (!texts.every((text) => typeof text === 'string')) return false
    lists.push(new Set(texts.map(fold)))
    return true
  }
  if (Array.isArray(value)) return value.every((item) => collect(item, path, depth, lists))
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return false
  return collect(value[name]!, path, depth + 1, lists)
}

export function labelOf(names: Iterable<string>): string {
  const label = `${LABEL}${JSON.stringify(inOrder(new Set(names)))}`
  return label.length > LABEL_CHARS_MAX ? `${LABEL}[]` : label
}

/** The lists a remembered row came with. Labels that cannot be read are one list of nobody. */
export function readersOfRow({ labels }: JsonObject): (readonly string[])[] {
  if (labels === undefined) return []
  if (!Array.isArray(labels)) return [[]]
  return labels.flatMap((label) =>
    typeof label === 'string' && label.startsWith(LABEL) ? [namesIn(label.slice(LABEL.length))] : [],
  )
}

function namesIn(written: string): readonly string[] {
  try {
    const names: unknown = JSON.parse(written)
    return Array.isArray(names) && names.every((name) => typeof name === 'string')
      ? inOrder(new Set(names))
      : []
  } catch {
    return []
  }
}

function inOrder(names: ReadonlySet<string>): readonly string[] {
  return names.size > NAMES_MAX ? [] : Array.from(names).sort()
}
