/** Whether two partitions that should be the same are, and where they are apart, in words. */
import type { Cells } from '#dsl/judge/cells.ts'
import type { PartitionState } from '#runtime/fleet/partition-state.ts'

export type Shape = Readonly<Record<string, string>>

export function differencesOf(folded: Shape, held: Shape): string[] {
  return Object.keys(folded).flatMap((part) =>
    folded[part] === held[part] ? [] : [`${part}: ${folded[part]} was folded, ${held[part]} is held`],
  )
}

/** What two partitions that are the same have in common, as text. */
export function shape(state: PartitionState): Shape {
  const sorted = <V>(map: ReadonlyMap<string | number, V>) =>
    JSON.stringify(
      Array.from(map, ([key, value]) => [String(key), value] as const).toSorted(([one], [other]) =>
        one < other ? -1 : 1,
      ),
    )
  const ids = Array.from(new Set([...Array.from(state.awake, ({ id }) => id), ...state.resting.ids()]))
  return {
    ...countsOf(state),
    conversations: ids
      .toSorted()
      .map((id) => `${id} ${conversationShown(state, id)}`)
      .join('\n'),
    intents: sorted(state.intents),
    timers: sorted(state.timers),
    pending: sorted(state.pending),
    dead: sorted(state.dead),
    seen: sorted(state.seen),
    posted: sorted(state.posted),
    coming: sorted(state.coming),
    unsent: JSON.stringify(state.unsent),
    rollout: JSON.stringify(state.rollout),
  }
}

/** How far the log has been read, and how much of everything there is. */
export function countsOf({
  recordRev,
  position,
  at,
  intents,
  timers,
  pending,
  dead,
  unsent,
}: PartitionState): Shape {
  return {
    rev: JSON.stringify([recordRev, position, at]),
    sizes: JSON.stringify([intents.size, timers.size, pending.size, dead.size, unsent.length]),
  }
}

/** Most are the same to the byte, which is seen without reading them. */
export function conversationsApart(
  folded: PartitionState,
  held: PartitionState,
  ids: Iterable<string>,
): string[] {
  return Array.from(ids).flatMap((id) => {
    const [one, other] = [folded.plain(id), held.plain(id)]
    if (one && other && Buffer.compare(one, other) === 0) return []
    const [said, found] = [conversationShown(folded, id), conversationShown(held, id)]
    return said === found ? [] : [`${id}: ${said} was folded, ${found} is held`]
  })
}

/** The order in which monitors were moved means nothing. */
function conversationShown(state: PartitionState, id: string): string {
  const standing = state.standing(id)
  if (!standing) return 'nothing'
  const { turns, ended, policy, beside, agents, cells, seen, obligations = [] } = standing
  const shown = Array.from(agents, ([name, { live: _, timers = [], intents = [], ...agent }]) => ({
    name,
    ...agent,
    timers: [...timers],
    intents: [...intents],
  }))
  const moved = [...cells.entries()].toSorted(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify({
    turns,
    ended,
    policy,
    beside,
    agents: shown,
    cells: moved,
    seen: [...seen],
    owed: [...obligations],
  })
}

export function cellsApart(stand: Cells, found: Cells, which: (cell: string) => boolean): string[] {
  const [one, other] = [stand, found].map(
    (cells) => new Map(Array.from(cells.entries(), ([cell, value]) => [cell, JSON.stringify(value)])),
  )
  return Array.from(new Set([...one!.keys(), ...other!.keys()])).flatMap((cell) =>
    which(cell) && one!.get(cell) !== other!.get(cell)
      ? [`${cell} stands at ${one!.get(cell)}, is found at ${other!.get(cell)}`]
      : [],
  )
}
