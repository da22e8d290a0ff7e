/** An agent's turn is its words and calls up to the next thing that happens to it; a message or a result is a turn of its own. */
export function groupTurns<T>(events: readonly T[], isAct: (event: T) => boolean): T[][] {
  const groups: T[][] = []
  let open: T[] | undefined
  for (const event of events) {
    if (!isAct(event)) {
      open = undefined
      groups.push([event])
    } else if (open === undefined) {
      open = [event]
      groups.push(open)
    } else open.push(event)
  }
  return groups
}
