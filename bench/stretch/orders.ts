/** What the driver, the fleet and the checker of the stretch test agree on. */
export const FLEET = 'stretch'
export const PARTITIONS = 6
export const SOURCE = 'driver'
const HALLS = 5

export function conversationName(index: number): string {
  return `talk-${index}`
}

function indexOf(conversation: string): number {
  return Number(conversation.slice(conversation.lastIndexOf('-') + 1))
}

/** Where a conversation's entries are kept. */
export function hallOf(conversation: string): string {
  return `hall-${indexOf(conversation) % HALLS}`
}

export function isEven(conversation: string): boolean {
  return indexOf(conversation) % 2 === 0
}
