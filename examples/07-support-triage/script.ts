/**
 * What is said where a live model would speak: for each ticket and role, one answer after the other, as `data/tickets.json`
 * has them. It is a function of the request alone, so that a run repeats itself: which answer it is follows from how much
 * the scratchpad holds, or from which draft is reviewed.
 */
import type { Model, ModelRequest } from '#runtime/models/model.ts'
import { type Said, scripted } from '#runtime/models/scripted.ts'
import { EDITOR, FRONT, RETURNED } from './agents.ts'
import type { Ticket } from './tickets.ts'

/** Dollars for a million tokens, so that budgets are at work offline too. */
const PRICE = { inputPerMillion: 3, outputPerMillion: 15, cachedPerMillion: 0.3 }

export function scriptOf(tickets: readonly Ticket[]): Model {
  return scripted('script', (request) => said(tickets, request), PRICE)
}

function said(tickets: readonly Ticket[], { system = '', messages }: ModelRequest): Said | undefined {
  const [first] = messages
  const asked = first?.role === 'user' ? first.text : ''
  const ticket = tickets.find(({ number }) => asked.includes(number))
  if (!ticket) return undefined
  if (system.startsWith(FRONT)) return JSON.stringify({ route: ticket.front })
  const { worker = [], editor = [] } = ticket
  const drafts = worker.filter((turn) => 'answer' in turn)
  if (system.startsWith(EDITOR)) {
    const draft = drafts.findIndex(({ answer }) => asked.includes(JSON.stringify(answer)))
    return JSON.stringify(editor[Math.min(Math.max(draft, 0), editor.length - 1)] ?? {})
  }
  // A draft that came back is answered by the one after it.
  if (asked.startsWith(RETURNED)) return JSON.stringify(drafts.at(-1))
  const turn = worker[messages.filter(({ role }) => role === 'model').length]
  if (!turn) return undefined
  if ('answer' in turn) return JSON.stringify(turn)
  return { calls: turn.calls.map((call, at) => ({ ...call, id: `said-${at}` })) }
}
