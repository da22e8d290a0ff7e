/** Whether two partitions that should be the same are, and where they are apart, in words. */
import type { Cells } from '#dsl/judge/cells.ts'
import type { PartitionState } from '#runtime/fleet/partition-state.ts'

export type Shape = Readonly<Record<string, string>>

export function differencesOf(folded: Shape, held: Shape): string[] {
  const apart: string[] = []
  for (const part in folded)
    if (folded[part] !== held[part]) apart.push(`${part}: ${folded[part]} was folded, ${held[part]} is held`)
  return apart
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
export function countsOf(state: PartitionState): Shape {
  const { recordRev, position, at, intents, timers, pending, dead, unsent } = state
  return {
    rev: `${recordRev}, ${position}, ${at}`,
    sizes: `${intents.size}, ${timers.size}, ${pending.size}, ${dead.size}, ${unsent.length}`,
  }
}

/** Most are the same to the byte, which is seen without reading them. */
export function conversationsApart(
  folded: PartitionState,
  held: PartitionState,
  ids: Iterable<string>,
): string[] {
  const apart: string[] = []
  for (const id of ids) {
    const [one, other] = [folded.plain(id), held.plain(id)]
    if (one && other && Buffer.compare(one, other) === 0) continue
    const [said, found] = [conversationShown(folded, id), conversationShown(held, id)]
    if (said !== found) apart.push(`${id}: ${said} was folded, ${found} is held`)
  }
  return apart
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
  const apart: string[] = []
  const compare = (cell: string) => {
    if (!which(cell)) return
    const [one, other] = [JSON.stringify(stand.get(cell)), JSON.stringify(found.get(cell))]
    if (one !== other) apart.push(`${cell} stands at ${one}, is found at ${other}`)
  }
  for (const [cell] of stand.entries()) compare(cell)
  for (const [cell] of found.entries()) if (stand.get(cell) === undefined) compare(cell)
  return apart
}
