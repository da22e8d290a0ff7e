/** What the fleet acts on: demographics and the dictionary to look up in, and three books that records go into. */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { Outcome, ToolExecutor } from '#runtime/fleet/definition.ts'
import { type Trial, wordingOf } from './records.ts'

export type Book = 'accepted' | 'returned'

/** Where a record goes; `conversation` is the one it was looked at in. Writing the same key twice has no effect. */
export type Write = (book: Book, conversation: string, key: string, entry: JsonObject) => void

export function toolsOf(trial: Trial, write: Write): Readonly<Record<string, ToolExecutor>> {
  const into =
    (book: Book, how: JsonObject = {}): ToolExecutor =>
    (args, { conversation, key }) => {
      write(book, conversation, key, { ...args, ...how })
      return { kind: 'ok', value: {} }
    }
  return {
    find_participant: ({ participant }) => found(trial.participants.get(String(participant))),
    find_term: ({ coded }) => {
      const body_system = trial.terms.get(String(coded))
      return found(body_system === undefined ? undefined : { coded: coded ?? null, body_system })
    },
    compare: ({ reported, coded }) => {
      const same = trial.wordings.has(wordingOf({ reported: String(reported), coded: String(coded) }))
      return { kind: 'ok', value: { same } }
    },
    accept: into('accepted'),
    accept_as_read: into('accepted', { read: true }),
    return_to_site: into('returned'),
  }
}

function found(value: Json | undefined): Outcome {
  return value === undefined ? { kind: 'failed', error: 'there is none' } : { kind: 'ok', value }
}
