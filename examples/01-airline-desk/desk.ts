/** The desk's world: recorded customers outside, the recorded model, and the airline's tools acting on the airline's data. */
import { join } from 'node:path'
import { pauseOn } from '#runtime/fleet/clock.ts'
import type { Inlet, SourceExecutor, ToolExecutor, World, WorldPlace } from '#runtime/fleet/definition.ts'
import { answerAsModel, type Conversation, customerSays, readRecordings } from './recorded.ts'
import { openAirline, TOOL_NAMES } from './tools.ts'

/** How long the model thinks and the customer types, at most, in milliseconds; a share of it is drawn from the turn's place. */
const PACE_MS = Number(process.env['DESK_PACE_MS'] ?? 500)
/** How many of the recorded conversations to serve. */
const CONVERSATIONS = Number(process.env['DESK_CONVERSATIONS'] ?? Number.POSITIVE_INFINITY)

export function desk(place: WorldPlace): World {
  const file = process.env['DESK_RECORDINGS'] ?? join(place.fleetDir, 'data', 'conversations.jsonl.gz')
  const recordings = readRecordings(file)
  if (recordings.kind === 'unreadable')
    throw new Error(
      `the recorded conversations in ${recordings.file} cannot be read: ${recordings.cause.message}`,
    )
  const conversations = new Map(Array.from(recordings.conversations).slice(0, CONVERSATIONS))
  const airline = openAirline({
    dataDir: join(place.fleetDir, 'data'),
    file: join(place.dataDir, 'airline.db'),
  })

  const tool =
    (name: string): ToolExecutor =>
    (args, { conversation, key }) =>
      airline.call(conversation, name, args, key)

  const model: SourceExecutor = async (input, { conversation, key, signal }) => {
    await pauseOn(place.clock, signal)(paceOf(key))
    const answer = answerAsModel(conversations.get(conversation)!, input)
    return answer.kind === 'ok' ? answer : { kind: 'failed', error: answer.problem }
  }

  return {
    tools: Object.fromEntries(TOOL_NAMES.map((name) => [name, tool(name)])),
    sources: { model },
    outside: {
      // The answer's own number decides what comes back, so an answer delivered twice gets the same reply twice.
      async customer(fields, { conversation, key, signal }, inlet) {
        if (fields['final'] === true) return
        await pauseOn(place.clock, signal)(paceOf(key))
        if (signal.aborted) return
        await say(inlet, conversations.get(conversation)!, Number(fields['number']) + 1)
      },
    },
    async feed(inlet) {
      for (const conversation of conversations.values()) await say(inlet, conversation, 0)
      return Array.from(conversations.keys())
    },
    notices: recordings.problems.map(
      (problem) => `${problem.file}:${problem.line}: ${problem.kind}: ${problem.what}; ${problem.help}`,
    ),
    close: () => airline.close(),
  }
}

/** The customer's message number `n` (from 0), or that there is no more to say. */
async function say(inlet: Inlet, conversation: Conversation, n: number): Promise<void> {
  const text = customerSays(conversation, n)
  await inlet.tell({
    source: 'customer',
    seq: n + 1,
    conversation: conversation.id,
    to: 'gateway',
    from: 'customer',
    message: text === undefined ? 'customer_left' : 'customer_message',
    fields: text === undefined ? {} : { text },
  })
}

/** Between a fifth of the pace and all of it, drawn from the intent's key. */
function paceOf(key: string): number {
  let hash = 7
  for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) >>> 0
  return PACE_MS * (0.2 + (0.8 * (hash % 1000)) / 1000)
}
