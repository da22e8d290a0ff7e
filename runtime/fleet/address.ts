/**
 * Addresses: an agent instance is `conversation/role`. A conversation hashes to one partition, so that all its agents,
 * monitors and timers share one log and commit together.
 */
export const CONVERSATION_CHARS_MAX = 200

export interface Address {
  readonly conversation: string
  readonly role: string
}

/** An agent instance, taken apart once: a turn asks for its parts again and again. */
export interface Instance extends Address {
  readonly id: string
}

export function instanceOf(id: string): Instance {
  return { id, ...addressOf(id) }
}

export function agentId(conversation: string, role: string): string {
  return `${conversation}/${role}`
}

/** The part after the last slash is the role; a conversation may hold slashes. */
export function addressOf(id: string): Address {
  const cut = id.lastIndexOf('/')
  return { conversation: id.slice(0, Math.max(cut, 0)), role: id.slice(cut + 1) }
}

/** FNV-1a over UTF-16 code units. */
export function partitionOf(conversation: string, partitions: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < conversation.length; i++) {
    hash ^= conversation.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193)
  }
  return (hash >>> 0) % partitions
}

export function partitionSource(partition: number): string {
  return `p${partition}`
}

const PARTITION_SOURCE = /^p\d+$/

/** Names of partitions' outboxes; a client may not call itself so. */
export function isPartitionSource(source: string): boolean {
  return PARTITION_SOURCE.test(source)
}
