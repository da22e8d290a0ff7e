/**
 * Which member should serve which partition: the same answer for all who see the same members, whatever came before.
 *
 * Rendezvous hashing with exact shares: each partition goes to the member that scores highest for it among those with room.
 * Shares differ by one at most; a member that comes or goes moves little more than its own share.
 */
export function spread(partitions: number, members: readonly string[]): readonly (string | undefined)[] {
  const floor = Math.floor(partitions / members.length)
  let larger = partitions % members.length
  const shares = new Map<string, number>(members.map((member) => [member, 0]))
  return Array.from({ length: partitions }, (_, partition) => {
    let best: string | undefined
    let bestScore = -1
    for (const [member, share] of shares) {
      if (share >= floor + (larger > 0 ? 1 : 0)) continue
      const score = scoreOf(member, partition)
      // Names decide between equal scores, so that the order in which members were heard of does not.
      if (score < bestScore || (score === bestScore && member > best!)) continue
      best = member
      bestScore = score
    }
    if (best === undefined) return undefined
    const share = shares.get(best)! + 1
    shares.set(best, share)
    if (share > floor) larger -= 1
    return best
  })
}

/** FNV-1a over the name and the partition, mixed once more: neighbours must not score alike. */
function scoreOf(member: string, partition: number): number {
  let hash = 0x811c9dc5
  const text = `${partition} ${member}`
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193)
  }
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  return hash >>> 0
}
