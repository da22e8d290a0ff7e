/** The way into the fleet for clients: durable once `tell` resolves, without effect when said twice. */
import type { FleetLog, Outgoing } from '#runtime/log/port.ts'
import { agentId, CONVERSATION_CHARS_MAX, isPartitionSource, partitionOf } from './address.ts'
import type { Clock } from './clock.ts'
import type { Inlet } from './definition.ts'
import { encodeBody } from './record.ts'

const RETRY_MS = 50

/**
 * A conversation's messages of one source form one sequence, so the source carries the conversation's name. They leave
 * one after the other: a later one never overtakes one that has to be posted again.
 */
export function createInlet(log: Pick<FleetLog, 'post' | 'partitions'>, clock: Clock): Inlet {
  const encoder = new TextEncoder()
  const last = new Map<string, Promise<void>>()

  async function post(outgoing: Outgoing): Promise<void> {
    for (;;) {
      const posted = await log.post(outgoing)
      if (posted.kind === 'posted') return
      await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve))
    }
  }

  return {
    async tell(message) {
      if (isPartitionSource(message.source))
        throw new RangeError(`\`${message.source}\` names a partition, not a client`)
      if (message.conversation.length === 0 || message.conversation.length > CONVERSATION_CHARS_MAX)
        throw new RangeError(`a conversation's name has 1 to ${CONVERSATION_CHARS_MAX} characters`)
      const source = `${message.source}@${message.conversation}`
      const outgoing = {
        partition: partitionOf(message.conversation, log.partitions),
        agent: agentId(message.conversation, message.to),
        source,
        seq: message.seq,
        body: encoder.encode(
          encodeBody({ message: message.message, from: message.from, fields: message.fields }),
        ),
      }
      const before = last.get(source)
      const mine =
        before === undefined
          ? post(outgoing)
          : before.then(
              () => post(outgoing),
              () => post(outgoing),
            )
      last.set(source, mine)
      try {
        await mine
      } finally {
        if (last.get(source) === mine) last.delete(source)
      }
    },
  }
}
