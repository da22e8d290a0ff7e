/**
 * What must hold of any fleet's records, whatever crashed when. Used by tests over real logs and by simulation.
 */
import type { CommitRecord } from './record.ts'

export interface HistoryFault {
  readonly invariant:
    | 'slots without gaps'
    | 'one effect per accepted message'
    | 'order per source'
    | 'results of known intents, once'
    | 'positions only grow'
    | 'turns only grow'
    | 'time only grows'
    | 'no transition without a verdict'
    | 'decisions once'
  readonly what: string
}

/** Records of all partitions, each partition's in slot order. */
export function checkHistory(records: Iterable<CommitRecord>): HistoryFault[] {
  const faults: HistoryFault[] = []
  const fault = (invariant: HistoryFault['invariant'], what: string) => faults.push({ invariant, what })
  const partitions = new Map<
    number,
    { rev: number; position: number; at: number; seen: Map<string, number> }
  >()
  const open = new Set<string>()
  const closed = new Set<string>()
  const turns = new Map<string, number>()
  const pending = new Set<string>()
  const decided = new Set<string>()

  for (const record of records) {
    let partition = partitions.get(record.partition)
    if (!partition) {
      partition = { rev: 0, position: 0, at: 0, seen: new Map() }
      partitions.set(record.partition, partition)
    }
    const place = `partition ${record.partition} slot ${record.rev}`
    if (record.rev !== partition.rev + 1)
      fault('slots without gaps', `${place} follows slot ${partition.rev}`)
    if (record.position < partition.position)
      fault('positions only grow', `${place}: ${record.position} after ${partition.position}`)
    if (record.at < partition.at) fault('time only grows', `${place}: ${record.at} after ${partition.at}`)
    partition.rev = record.rev
    partition.position = record.position
    partition.at = record.at
    for (const turn of record.turns) {
      const conversation = turn.agent.slice(0, turn.agent.lastIndexOf('/'))
      if (turn.turn <= (turns.get(conversation) ?? 0))
        fault('turns only grow', `${place}: ${turn.agent} turn ${turn.turn}`)
      turns.set(conversation, Math.max(turn.turn, turns.get(conversation) ?? 0))
      const { input } = turn
      const seen = turn.changes.find((change) => change.kind === 'seen')
      if (input.kind === 'message' && !seen && turn.outcome === 'passed') {
        if (!turn.changes.some((change) => change.kind === 'undefer'))
          fault('one effect per accepted message', `${place}: ${input.source} ${input.seq} left no mark`)
      }
      if (input.kind === 'message' && seen) {
        const source = `${seen.conversation ?? ''}|${seen.source}`
        const last = partition.seen.get(source) ?? 0
        if (input.seq <= last)
          fault('one effect per accepted message', `${place}: ${input.source} ${input.seq} taken again`)
        else if (input.seq !== last + 1)
          fault('order per source', `${place}: ${input.source} ${input.seq} after ${last}`)
        partition.seen.set(source, Math.max(input.seq, last))
      }
      const acts = turn.outcome === 'passed' && (turn.effects ?? []).some(({ kind }) => JUDGED.has(kind))
      if (acts && turn.steps === 0)
        fault('no transition without a verdict', `${place}: ${turn.agent} turn ${turn.turn}`)
      for (const change of turn.changes) {
        if (change.kind === 'intent') {
          if (open.has(change.id) || closed.has(change.id))
            fault('results of known intents, once', `${place}: ${change.id} made twice`)
          open.add(change.id)
        } else if (change.kind === 'intent-done') {
          if (!open.delete(change.id))
            fault('results of known intents, once', `${place}: ${change.id} was not open`)
          closed.add(change.id)
        } else if (change.kind === 'park') pending.add(change.pending.id)
        else if (change.kind === 'unpark') {
          if (!pending.delete(change.pending) || decided.has(change.pending))
            fault('decisions once', `${place}: ${change.pending}`)
          decided.add(change.pending)
        }
      }
    }
  }
  return faults
}

const JUDGED = new Set(['call', 'send', 'answer', 'remember', 'recall', 'invoke'])

/**
 * What every agent went through, without what may differ between two runs (times, ids, positions): two runs of
 * the same world are the same run when these are equal, however often either was killed.
 */
export function storyOf(records: Iterable<CommitRecord>): Map<string, string[]> {
  const stories = new Map<string, string[]>()
  for (const record of records) {
    for (const turn of record.turns) {
      // That an answer or a row was delivered may be noted before or after what comes next.
      const delivered = turn.input.kind === 'result' && turn.steps === 0 && !turn.moves && !turn.effects
      if (turn.outcome === 'ignored' || delivered) continue
      const story = stories.get(turn.agent) ?? []
      stories.set(turn.agent, story)
      const input =
        turn.input.kind === 'message' ? `${turn.input.from}:${turn.input.message}` : turn.input.kind
      const verdicts = (turn.judged ?? []).map(
        ({ verdict }) => `${verdict.kind}(${verdict.reasons.map((reason) => reason.check).join('; ')})`,
      )
      const effects = (turn.effects ?? []).map((effect) =>
        JSON.stringify(effect, (name, value) => (name === 'approval' ? undefined : value)),
      )
      story.push([input, turn.outcome, ...verdicts, ...effects].join(' | '))
    }
  }
  return stories
}
