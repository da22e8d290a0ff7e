/** The tickets of the example, and what is said of each when no live model is there (`data/tickets.json`). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '#dsl/judge/step.ts'

export type Ticket = {
  number: string
  text: string
  /** Where the script's router sends it. */
  front: string
  /** What the script's worker says, one answer after the other. */
  worker?: (WorkerCalls | WorkerAnswer)[]
  editor?: JsonObject[]
  /** What the person at the supervisor's desk says. */
  supervisor?: JsonObject
}

type WorkerCalls = { calls: { tool: string; args: JsonObject }[] }
type WorkerAnswer = { summary: string; answer: string }

/** Throws when the file is not there or no JSON. */
export function readTickets(dataDir: string): Ticket[] {
  return JSON.parse(readFileSync(join(dataDir, 'tickets.json'), 'utf8'))
}
