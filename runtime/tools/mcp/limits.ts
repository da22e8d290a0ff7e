/** What holds for every MCP server unless the fleet says otherwise. */

/** To connect, and to list. */
export const CONNECT_TIMEOUT_MS = 10_000
/** The same where a person waits: a server's command may have to fetch it first (`npx -y …`). */
export const PULL_TIMEOUT_MS = 60_000
/** One message of a server. */
export const MESSAGE_BYTES_MAX = 1_000_000
/** Member of a call's `_meta` that names the intent: the same after a crash, so that it acts once. */
export const KEY_META = 'parapet/idempotency-key'
