/**
 * The airline's fourteen tools, acting on its data for real. Every conversation finds the airline as it stood on
 * 2024-05-15 15:00 EST and sees its own changes only, as the recorded conversations did.
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { READS, type ToolResult } from './airline/reads.ts'
import { type AppliedWrite, openStore } from './airline/store.ts'
import { loadTables } from './airline/tables.ts'
import { WRITES } from './airline/writes.ts'

export interface Airline {
  /**
   * Runs a tool. A write with a `key` seen before gives the first result and changes nothing; reads ignore the key.
   * Expected failures (`Error: reservation not found`) are `failed`; a broken store throws.
   */
  call(conversation: string, tool: string, args: JsonObject, key: string): ToolResult
  /** The writes that took effect in a conversation, oldest first. */
  effects(conversation: string): AppliedWrite[]
  close(): void
}

export const TOOL_NAMES: readonly string[] = [...Object.keys(READS), ...Object.keys(WRITES)]

/** `dataDir` holds the gzip'd tables; `file` is the SQLite file of changes, or `:memory:`. Throws when either cannot be opened. */
export function openAirline({ dataDir, file }: { dataDir: string; file: string }): Airline {
  const store = openStore(loadTables(dataDir), file)
  return {
    call(conversation, tool, args, key) {
      const read = Object.hasOwn(READS, tool) ? READS[tool] : undefined
      if (read !== undefined) return plain(read(store.view(conversation), args))
      const write = Object.hasOwn(WRITES, tool) ? WRITES[tool] : undefined
      if (write !== undefined) return store.once({ conversation, tool, args, key }, write)
      return { kind: 'failed', error: `Error: there is no tool ${tool}` }
    },
    effects: (conversation) => store.effects(conversation),
    close: () => store.close(),
  }
}

/** Tables are shared by all conversations: a caller gets a copy it may keep and change. */
function plain(result: ToolResult): ToolResult {
  const value: Json | undefined = result.kind === 'ok' ? structuredClone(result.value) : undefined
  return value === undefined ? result : { kind: 'ok', value }
}
