/**
 * The world of the airline desk: the airline's tools on its data, the recorded model, and recorded customers who say
 * their next sentence when they are answered.
 */
import { join } from 'node:path'
import type { JsonObject } from '#dsl/judge/step.ts'
import type {
  FleetDefinition,
  Inlet,
  OutsideExecutor,
  SourceExecutor,
  ToolExecutor,
  World,
} from '#runtime/fleet/definition.ts'
import {
  answerAsModel,
  type Conversation,
  customerSays,
  type LineProblem,
  readRecordings,
} from './recorded.ts'
import { openAirline, TOOL_NAMES } from './tools.ts'

export const desk: FleetDefinition['world'] = ({ dataDir, fleetDir }): World => {
  const tables = join(fleetDir, 'data')
  const recordings = readRecordings(join(tables, 'conversations.jsonl.gz'))
  if (recordings.kind === 'unreadable')
    throw new Error(`the recorded conversations ${recordings.file} cannot be read`, {
      cause: recordings.cause,
    })
  const { conversations, problems } = recordings
  const airline = openAirline({ dataDir: tables, file: join(dataDir, 'airline.sqlite') })

  const tool =
    (name: string): ToolExecutor =>
    (args, { conversation, key }) =>
      airline.call(conversation, name, args, key)

  const model: SourceExecutor = (question, { conversation }) => {
    const recorded = conversations.get(conversation)
    if (recorded === undefined) return { kind: 'failed', error: `there is no recording of ${conversation}` }
    const answer = answerAsModel(recorded, question)
    return answer.kind === 'ok' ? answer : { kind: 'failed', error: answer.problem }
  }

  const customer: OutsideExecutor = async ({ number, final }, { conversation }, inlet) => {
    const recorded = conversations.get(conversation)
    if (recorded === undefined || final === true || typeof number !== 'number') return
    await say(inlet, recorded, number)
  }

  return {
    tools: Object.fromEntries(TOOL_NAMES.map((name) => [name, tool(name)])),
    sources: { model },
    outside: { customer },
    feed: async (inlet) => {
      for (const recorded of conversations.values()) await say(inlet, recorded, 0)
      return [...conversations.keys()]
    },
    notices: problems.map(describe),
    close: () => airline.close(),
  }
}

/** The customer's sentence number `n`, or their leaving. Its `seq` makes saying it twice harmless. */
function say(inlet: Inlet, recorded: Conversation, n: number): Promise<void> {
  const text = customerSays(recorded, n)
  const [message, fields]: [string, JsonObject] =
    text === undefined ? ['customer_left', {}] : ['customer_message', { text }]
  return inlet.tell({
    source: `customer-${recorded.id}`,
    seq: n + 1,
    conversation: recorded.id,
    to: 'gateway',
    message,
    fields,
    from: 'customer',
  })
}

function describe({ file, line, kind, what, help }: LineProblem): string {
  return `${file}:${line}: ${kind}: ${what} (${help})`
}
