/** Adverse events of a published trial. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** One row as it stands in the data; dates that are only partly known are left out. */
export type AdverseEvent = {
  participant: string
  number: number
  reported: string
  coded: string
  body_system: string
  severity: string
  serious: boolean
  hospital: boolean
  life_threatening: boolean
  disabling: boolean
  fatal: boolean
  cancer: boolean
  outcome: string
  started?: string
  ended?: string
}

export type Participant = { participant: string; first_dose: string; last_contact: string }

export interface Trial {
  readonly events: readonly AdverseEvent[]
  readonly participants: ReadonlyMap<string, Participant>
  /** The body system of each term. */
  readonly terms: ReadonlyMap<string, string>
  /** What coders have read as the same: `reported`, a bar, `coded`. */
  readonly wordings: ReadonlySet<string>
}

export function readTrial(): Trial {
  // Terms are published in capitals, which an embedding takes for words of their own.
  const events = rows<AdverseEvent>('adverse-events').map((event) => ({
    ...event,
    reported: event.reported.toLowerCase(),
    coded: event.coded.toLowerCase(),
  }))
  const participants = rows<Participant>('participants')
  return {
    events,
    participants: new Map(participants.map((one) => [one.participant, one])),
    terms: new Map(events.map(({ coded, body_system }) => [coded, body_system])),
    wordings: new Set(events.map(wordingOf)),
  }
}

function rows<Row>(name: string): Row[] {
  const file = join(import.meta.dirname, 'data', `${name}.jsonl.gz`)
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line))
}

export function wordingOf({ reported, coded }: { reported: string; coded: string }): string {
  return `${reported}|${coded}`
}

/** ICH E2A, II.B. */
export function isSeriousByCriteria(event: AdverseEvent): boolean {
  return event.hospital || event.life_threatening || event.disabling || event.fatal || event.cancer
}
