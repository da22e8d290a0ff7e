/** The way into the fleet for clients: durable once `tell` resolves, without effect when said twice. */
import type { FleetLog } from '#runtime/log/port.ts'
import { agentId, CONVERSATION_CHARS_MAX, isPartitionSource, partitionOf } from './address.ts'
import type { Clock } from './clock.ts'
import type { Inlet } from './definition.ts'
import { encodeBody } from './record.ts'

const RETRY_MS = 50

/** A conversation's messages of one source form one sequence, so the source carries the conversation's name. */
export function createInlet(log: FleetLog, clock: Clock): Inlet {
  const encoder = new TextEncoder()
  return {
    async tell(message) {
      if (isPartitionSource(message.source))
        throw new RangeError(`\`${message.source}\` names a partition, not a client`)
      if (message.conversation.length === 0 || message.conversation.length > CONVERSATION_CHARS_MAX)
        throw new RangeError(`a conversation's name has 1 to ${CONVERSATION_CHARS_MAX} characters`)
      const outgoing = {
        partition: partitionOf(message.conversation, log.partitions),
        agent: agentId(message.conversation, message.to),
        source: `${message.source}@${message.conversation}`,
        seq: message.seq,
        body: encoder.encode(
          encodeBody({ message: message.message, from: message.from, fields: message.fields }),
        ),
      }
      for (;;) {
        const posted = await log.post(outgoing)
        if (posted.kind === 'posted') return
        await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve))
      }
    },
  }
}
