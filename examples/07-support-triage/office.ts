/** The desk's world: the record, the cash book, customers who write tickets, and a supervisor who decides. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '#dsl/judge/step.ts'
import { systemClock } from '#runtime/daemon/clock.ts'
import type { Inlet, ToolExecutor, World, WorldPlace } from '#runtime/fleet/definition.ts'
import { liveModel } from '#runtime/models/live.ts'
import { modelSource } from '#runtime/models/source.ts'
import { executorsOf } from '#runtime/tools/tool.ts'
import { readFlights } from './flights.ts'
import { queryFlights } from './query.ts'
import { scriptOf } from './script.ts'
import { readTickets } from './tickets.ts'

/** Everyone who may be left waiting when a ticket is answered. */
const ROLES = ['front', 'claims', 'facts', 'editor', 'desk']

export async function office({ dataDir, fleetDir }: WorldPlace): Promise<World> {
  const tickets = readTickets(join(fleetDir, 'data'))
  const flights = readFlights(join(fleetDir, 'data'))
  const live = await liveModel({ env: process.env, clock: systemClock(), random: Math.random })
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
        const word = tickets.find(({ number }) => number === conversation)?.supervisor
        const { case: id } = fields
        if (!word || typeof id !== 'string') return
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
