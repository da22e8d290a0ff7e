/** The desk's world: the record, the cash book, customers who write tickets, and a supervisor who decides. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { Inlet, ToolExecutor, World, WorldPlace } from '#runtime/fleet/definition.ts'
import { liveModel } from '#runtime/models/live.ts'
import { modelSource } from '#runtime/models/source.ts'
import { executorsOf } from '#runtime/tools/tool.ts'
import { readFlights } from './flights.ts'
import { queryFlights } from './query.ts'
import { scriptOf } from './script.ts'
import { readTickets } from './tickets.ts'

const BY_HAND = 'I have your letter here and look into it myself. You will hear from me today.'
const NOT_FORESEEN = 'the desk has no word on this'

/** Everyone who may be left waiting when a ticket is answered. */
const ROLES = ['front', 'claims', 'facts', 'editor', 'desk']

export async function office({ dataDir, fleetDir, clock, notice }: WorldPlace): Promise<World> {
  const tickets = readTickets(join(fleetDir, 'data'))
  const flights = readFlights(join(fleetDir, 'data'))
  const live = await liveModel({ env: process.env, clock, random: Math.random, notice })
  return {
    tools: {
      ...executorsOf([queryFlights(() => flights)]),
      issue_refund: cashBook(join(dataDir, 'refunds.jsonl')),
    },
    sources: { model: modelSource(live ?? scriptOf(tickets)) },
    outside: {
      async customer(fields, { conversation, key }, inlet) {
        append(join(dataDir, 'answers.jsonl'), { key, conversation, ...fields })
        for (const role of ROLES)
          await say(
            inlet,
            { conversation, to: role, from: 'customer', message: 'closed', fields: { text: '' } },
            role,
          )
      },
      // The person at the desk. A real one would be shown the case on a screen and answer by `parapet tell` or HTTP.
      async supervisor(fields, { conversation }, inlet) {
        const { case: id, what } = fields
        if (typeof id !== 'string') return
        const word = wordOf(tickets.find(({ number }) => number === conversation)?.supervisor ?? {}, what)
        const decided = {
          conversation,
          to: 'desk',
          from: 'supervisor',
          message: 'decided',
          fields: { case: id, ...word },
        }
        await say(inlet, decided, id)
      },
    },
    async feed(inlet) {
      for (const { number, text } of tickets) {
        const fields = { number, text }
        await say(
          inlet,
          { conversation: number, to: 'front', from: 'customer', message: 'ticket', fields },
          'ticket',
        )
      }
      return tickets.map(({ number }) => number)
    },
  }
}

/** Of the supervisor: what agents could not do they answer themselves, what they did not foresee they do not grant. */
function wordOf({ text = BY_HAND, grant = false, note = NOT_FORESEEN }: JsonObject, what?: Json): JsonObject {
  return what === 'approval' ? { grant, note } : { text }
}

type Said = Omit<Parameters<Inlet['tell']>[0], 'source' | 'seq'>

/** Once for each conversation and `what`, however often it is said. */
function say(inlet: Inlet, said: Said, what: string): Promise<void> {
  return inlet.tell({ source: `${said.from}:${what}`, seq: 1, ...said })
}

/** One line a refund; its key tells whether it was paid before a crash. */
function cashBook(file: string): ToolExecutor {
  return (args, { key }) => {
    const paid = existsSync(file) ? readFileSync(file, 'utf8') : ''
    if (!paid.includes(`"key":"${key}"`)) append(file, { key, ...args })
    return { kind: 'ok', value: { paid: args['amount'] ?? 0 } }
  }
}

function append(file: string, line: JsonObject): void {
  appendFileSync(file, `${JSON.stringify(line)}\n`)
}
