/** The way into the fleet for clients: durable once `tell` resolves, without effect when said twice. */
import type { FleetLog, Outgoing } from '#runtime/log/port.ts'
import { agentId, CONVERSATION_CHARS_MAX, isPartitionSource, partitionOf } from './address.ts'
import type { Clock } from './clock.ts'
import type { Inlet } from './definition.ts'
import { encodeBody } from './record.ts'

const RETRY_MS = 50

/** The way in for those who would rather be told that there is no room than wait for it. */
export interface ClientInlet extends Inlet {
  /** As `tell`; `full`: the inbox has no room, and nothing is kept. Say it again later. */
  tellIfRoom(message: Parameters<Inlet['tell']>[0]): Promise<'told' | 'full'>
}

/**
 * A conversation's messages of one source form one sequence, so the source carries the conversation's name. They leave
 * one after the other: a later one never overtakes one that has to be posted again.
 */
export function createInlet(log: Pick<FleetLog, 'post' | 'partitions'>, clock: Clock): ClientInlet {
  const last = new Map<string, Promise<unknown>>()

  async function post(outgoing: Outgoing, waits: boolean): Promise<'told' | 'full'> {
    for (;;) {
      const posted = await log.post(outgoing)
      if (posted.kind === 'posted') return 'told'
      if (posted.kind === 'full' && !waits) return 'full'
      await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve))
    }
  }

  async function say(message: Parameters<Inlet['tell']>[0], waits: boolean): Promise<'told' | 'full'> {
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
      body: Buffer.from(encodeBody({ message: message.message, from: message.from, fields: message.fields })),
    }
    const mine = () => post(outgoing, waits)
    const before = last.get(source)
    const said = before === undefined ? mine() : before.then(mine, mine)
    last.set(source, said)
    try {
      return await said
    } finally {
      if (last.get(source) === said) last.delete(source)
    }
  }

  return {
    tell: async (message) => void (await say(message, true)),
    tellIfRoom: (message) => say(message, false),
  }
}
