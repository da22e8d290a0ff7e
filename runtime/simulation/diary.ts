/**
 * What came about in every open conversation, kept as lists beside the log. A policy is warmed up by reading a log back, from a
 * snapshot on when its beginning is gone; here the lists are gone through, and what was written down has to be the same.
 *
 * What came about is what the record of each turn says (`happenedIn`): it has to move monitors as they have moved.
 */
import { Cells } from '#dsl/judge/cells.ts'
import type { Grounds } from '#dsl/judge/grounds.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import type { Step } from '#dsl/judge/step.ts'
import type { Obligation } from '#dsl/judge/verdict.ts'
import type { Rollout } from '#runtime/deploy/rollout.ts'
import { addressOf } from '#runtime/fleet/address.ts'
import { obligationTimer } from '#runtime/fleet/effect-changes.ts'
import { isLedgerConversation } from '#runtime/fleet/ledger/address.ts'
import type { PartitionState } from '#runtime/fleet/partition-state.ts'
import type { Change, CommitRecord, TurnRecord } from '#runtime/fleet/record.ts'
import { happenedIn } from '#runtime/fleet/replay.ts'

interface Entry {
  readonly rev: number
  readonly steps: readonly Step[]
  readonly grounds: Grounds | undefined
}

/** Of one partition. */
export class Diary {
  readonly #entries = new Map<string, Entry[]>()
  /** Slots up to one of these were gone when somebody may have read the log for a switch that is yet to come. */
  #forgotten: number[] = [0]
  /** Written since the last turn, for a switch that is yet to come. */
  #warmed: Change[] = []

  /**
   * `state` is the partition before the turn. Returns the monitors of the conversation as what came about moves them; undefined where
   * calls may come to something else than they reserved, which is no step.
   */
  took(judge: Judge, state: PartitionState, turn: TurnRecord, rev: number): Cells | undefined {
    const { conversation } = addressOf(turn.agent)
    if (isLedgerConversation(conversation)) return undefined
    const { grounds } = turn
    const steps = happenedIn(state, turn)
    const entries = this.#entries.get(conversation) ?? []
    this.#entries.set(conversation, entries)
    entries.push({ rev, steps, grounds })
    if (judge.plan.tools.some(({ traits }) => traits.settles)) return undefined
    const before = state.known(conversation)?.cells.entries() ?? []
    const after = new Cells(new Map(before))
    for (const cell of droppedBy(turn)) after.set(cell, undefined)
    for (const step of steps) judge.advance(after, step, grounds)
    return after
  }

  /** After its turns. */
  kept({ turns, claim, changes = [] }: CommitRecord): void {
    this.#warmed.push(...changes)
    if (turns.length === 0 && claim === undefined) return
    this.#warmed = []
    if (this.#forgotten.length === 1) return
    this.#forgotten = this.#forgotten.slice(-1)
    for (const [conversation, entries] of this.#entries)
      this.#entries.set(conversation, entriesAfter(entries, this.#forgotten[0]!))
  }

  /** The broker has dropped slots. */
  forgot(throughRev: number): void {
    this.#forgotten.push(throughRev)
  }

  /** In what was written before a switch to `rollout` differs from what should have been; `say` is who judged until then. */
  wrong(rollout: Rollout, say: Judge, judge: Judge, state: PartitionState): string[] {
    const found = shown(this.#warmed)
    this.#warmed = []
    const enforces = rollout.candidate === undefined
    const wanted = (forgotten: number) =>
      rollout.warmUp === 'none' || judge === say
        ? []
        : Array.from(this.#entries).flatMap(([conversation, entries]) =>
            state.known(conversation)?.ended === false
              ? warmed(conversation, entriesAfter(entries, forgotten), say, judge, enforces)
              : [],
          )
    const wrong = this.#forgotten.map((forgotten) => apart(shown(wanted(forgotten)), found))
    return wrong.some((each) => each.length === 0) ? [] : wrong.at(-1)!
  }
}

/** Monitors that are gone since another policy judges. */
export function droppedBy({ changes }: TurnRecord): readonly string[] {
  return changes.flatMap((change) => (change.kind === 'judged-by' ? (change.dropped ?? []) : []))
}

function entriesAfter(entries: readonly Entry[], forgotten: number): Entry[] {
  return entries.filter(({ rev }) => rev > forgotten)
}

/** By what each is about. */
function shown(changes: readonly Change[]): Map<string, string> {
  const all = new Map<string, string>()
  for (const change of changes) {
    if (change.kind === 'cells')
      for (const { cell, value } of change.cells)
        all.set(`${change.conversation} ${cell}`, JSON.stringify(value))
    else all.set('id' in change ? change.id : change.kind, JSON.stringify(change))
  }
  return all
}

function apart(wanted: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string[] {
  return Array.from(new Set([...wanted.keys(), ...found.keys()])).flatMap((what) =>
    wanted.get(what) === found.get(what)
      ? []
      : [`${what} is warmed up to ${found.get(what)}, it came to ${wanted.get(what)}`],
  )
}

function warmed(
  conversation: string,
  entries: readonly Entry[],
  say: Judge,
  judge: Judge,
  enforces: boolean,
): Change[] {
  const cells = new Cells()
  const owed = new Map<string, Obligation & { readonly agent: string }>()
  for (const { steps, grounds } of entries)
    for (const step of steps)
      for (const obligation of judge.advance(cells, step, grounds)) {
        if (obligation.kind === 'owed') owed.set(obligation.cell, { ...obligation, agent: step.actor })
        else owed.delete(obligation.cell)
      }
  const begins = (cell: string) => judge.keeps(cell) && !say.keeps(cell)
  const moved = Array.from(cells.entries(), ([cell, value]) => ({ cell, value }))
  return [
    {
      kind: 'cells',
      conversation,
      // What is owed to one without a say is watched from its own first step on.
      cells: moved.filter(({ cell }) => begins(cell) && (enforces || !owed.has(cell))),
    },
    ...Array.from(owed.values()).flatMap(({ cell, dueAt, agent }): Change[] => {
      if (!enforces || !begins(cell)) return []
      const timer = { kind: 'obligation', conversation, agent, cell, dueAt } as const
      return [{ kind: 'timer', id: obligationTimer(conversation, cell), timer }]
    }),
  ]
}
