/** How far a retraction reaches. */

/** Ids asked for in one query. */
const STRIDE = 500

/**
 * `seeds`, everything that names one of them, everything that names that, and so on; circles end.
 * `citing` gives the ids of rows that name any of the given ones, whatever their state, so that a retraction which was cut
 * short is finished by repeating it.
 */
export async function reachOf(
  seeds: Iterable<string>,
  citing: (sources: readonly string[]) => Promise<readonly string[]>,
): Promise<ReadonlySet<string>> {
  const reached = new Set(seeds)
  const waiting = [...reached]
  while (waiting.length > 0)
    for (const id of await citing(waiting.splice(0, STRIDE)))
      if (!reached.has(id)) {
        reached.add(id)
        waiting.push(id)
      }
  return reached
}

export function strides<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / STRIDE) }, (_, at) =>
    items.slice(at * STRIDE, (at + 1) * STRIDE),
  )
}
