/** A small change of a part of a check, as somebody could have made it by mistake. */
import type { Span } from '../../plan/plan.ts'

export interface Change<T> {
  readonly to: T
  /** What is changed, in the policy's text; absent: the whole check. */
  readonly span?: Span
  /** What it says now: "`>=` in place of `>`". */
  readonly says: string
}

/** Changes of a part as changes of what it is a part of. */
export function inside<Part, Whole>(
  changes: readonly Change<Part>[],
  whole: (part: Part) => Whole,
): Change<Whole>[] {
  return changes.map((change) => ({ ...change, to: whole(change.to) }))
}

/** Each item changed in turn. */
export function each<Item>(
  items: readonly Item[],
  changesOf: (item: Item) => readonly Change<Item>[],
): Change<readonly Item[]>[] {
  return items.flatMap((item, index) => inside(changesOf(item), (to) => items.with(index, to)))
}

/** Each item left out in turn, as long as one remains. */
export function eachLeftOut<Item>(
  items: readonly Item[],
  says: (item: Item) => string,
  span?: (item: Item) => Span,
): Change<readonly Item[]>[] {
  if (items.length < 2) return []
  return items.map((item, index) => ({
    to: items.toSpliced(index, 1),
    says: says(item),
    ...(span === undefined ? {} : { span: span(item) }),
  }))
}
