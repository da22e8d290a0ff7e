/** What the keeper of shared memory is called. */
import { agentId } from './address.ts'

export const KEEPER_CONVERSATION = 'parapet.memory'
const KEEPER_ROLE = 'parapet.keeper'
/** Who is told what people want. */
export const KEEPER = agentId(KEEPER_CONVERSATION, KEEPER_ROLE)

/** The keeper of a conversation, who takes what becomes of a hold on its agents. */
export function keeperOf(conversation: string): string {
  return agentId(conversation, KEEPER_ROLE)
}

export function isKeeper(role: string): boolean {
  return role === KEEPER_ROLE
}
