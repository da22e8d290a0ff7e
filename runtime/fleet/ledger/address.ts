/**
 * An entry of a ledger is an agent of the runtime's own, alone in its conversation: its cells, its log and its place among the
 * partitions are those of any conversation, and nobody else may live or be spoken to there.
 */
import { createHash } from 'node:crypto'
import { addressOf, agentId } from '../address.ts'

const PREFIX = 'parapet.ledger:'
export const LEDGER_ROLE = 'parapet.ledger'
/** Longer names of entries are digested; the log takes agents' names of 512 bytes. */
const NAME_BYTES_MAX = 400

/** `entry`: the constraint's id and the join key, as the judge names it. */
export function ledgerOf(entry: string): string {
  const plain = entry.isWellFormed() && Buffer.byteLength(entry) <= NAME_BYTES_MAX
  const name = plain ? entry : createHash('sha256').update(entry).digest('hex')
  return ledgerAgent(`${PREFIX}${name}`)
}

export function ledgerAgent(conversation: string): string {
  return agentId(conversation, LEDGER_ROLE)
}

export function isLedgerConversation(conversation: string): boolean {
  return conversation.startsWith(PREFIX)
}

/** The entry's name, or its digest, of a ledger's conversation. */
export function entryOf(conversation: string): string {
  return conversation.slice(PREFIX.length)
}

/** In a ledger's conversation, whoever is meant. */
export function isInLedger(id: string): boolean {
  return isLedgerConversation(addressOf(id).conversation)
}
