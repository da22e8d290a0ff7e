/** What a server lists now, as the text of a listing to pin. */
import { MESSAGE_BYTES_MAX, PULL_TIMEOUT_MS } from './limits.ts'
import { McpLink, type McpPlace } from './link.ts'
import { type Drift, driftOf, type Listing, writeListing } from './listing.ts'

/** `prefix` goes before every name. Throws when the server cannot be reached or lists too much. */
export function pullListing(place: McpPlace, prefix: string): Promise<string> {
  return asking(place, async (link) =>
    writeListing({ prefix, tools: await link.list() }, await link.server()),
  )
}

/** How the server differs from its pinned listing. */
export function compareListing(place: McpPlace, pinned: Listing): Promise<Drift[]> {
  return asking(place, async (link) => driftOf(pinned.tools, await link.list()))
}

async function asking<T>(place: McpPlace, ask: (link: McpLink) => Promise<T>): Promise<T> {
  const link = new McpLink({
    place,
    connectTimeoutMs: PULL_TIMEOUT_MS,
    messageBytesMax: MESSAGE_BYTES_MAX,
    onListChanged: () => {},
  })
  try {
    return await ask(link)
  } finally {
    await link.close()
  }
}
