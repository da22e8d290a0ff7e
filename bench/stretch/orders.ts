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

/** Shops buy lot after lot; each lot's purse is shared by all of them, and each shop has one of its own for each lot. */
export const SHOPS = 4
export const LOT_PURSE = 120
export const SHOP_PURSE = 40
/** More than a shop's purse allows, and four shops' purses are more than the lot's. */
export const PURCHASES: readonly number[] = [5, 6, 7, 8, 9, 10]

export function shopName(shop: number, lot: number): string {
  return `shop-${shop}-${lot}`
}

export function isShop(conversation: string): boolean {
  return conversation.startsWith('shop-')
}
