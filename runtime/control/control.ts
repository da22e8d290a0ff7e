/**
 * Answers what is asked of a running fleet, for the partitions this daemon owns. Reads states, never changes them: what
 * shall happen (a message, a decision) goes in as an input and is answered once it is durable.
 *
 * Invariants:
 * 1. Every question ends in exactly one answer within ASK_TIMEOUT_MS.
 * 2. A decision is answered from the record that holds it: what is said to be decided is committed.
 */

import type { Bundle } from '#runtime/deploy/bundle.ts'
import { whyNotTrusted } from '#runtime/deploy/signature.ts'
import { addressOf, agentId, CONVERSATION_CHARS_MAX, partitionOf } from '#runtime/fleet/address.ts'
import type { Clock } from '#runtime/fleet/clock.ts'
import type { FleetDefinition } from '#runtime/fleet/definition.ts'
import { KEEPER_CONVERSATION } from '#runtime/fleet/keeper-name.ts'
import type { PartitionState } from '#runtime/fleet/partition-state.ts'
import type { CommitRecord, DeadLetter } from '#runtime/fleet/record.ts'
import { asJson } from '#runtime/fleet/turn-events.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import type { Tally } from '#runtime/telemetry/tally.ts'
import { approvalLine, countAll, letterLine, listAgents, listDead, policiesOf, showAgent } from './answers.ts'
import {
  type Answer,
  type Answered,
  type Ask,
  type DaemonStatus,
  type Health,
  LIST_MAX,
  noRoom,
  type PoliciesStatus,
  refused,
} from './asks.ts'
import { Awaited, wish } from './awaited.ts'
import { Decided, decidedIn, refOf } from './decided.ts'
import type { Events } from './events.ts'
import { Hearing } from './hearing.ts'
import { ledgerLine, mayResolve, overdueHolds } from './ledgers.ts'
import { type AboutMemory, changedBy, intentIn, isAboutMemory, lookInMemory, mayCurate } from './memory.ts'
import { mayDecide, maySpeakAs, spokenPrefix, spokenSource } from './people.ts'
import type { Watched } from './watched.ts'

export const ASK_TIMEOUT_MS = 5_000

/** Between the answer to `drain` and the end of taking work. */
const DRAIN_AFTER_MS = 100

export interface ControlDeps {
  readonly definition: FleetDefinition
  readonly daemon: { readonly id: string; readonly version: string; readonly pid: number }
  readonly log: string
  readonly partitions: number
  readonly clock: Clock
  readonly tally: Tally
  readonly events: Events
  readonly memory: SharedMemory
  readonly onDrain: (by: string) => void
  /** Whether bundles without a signature may be let in at all. */
  readonly development: boolean
}

export class Control {
  readonly #deps: ControlDeps
  readonly #startedAt: string
  readonly #awaited: Awaited
  readonly #hearing: Hearing
  readonly #decided = new Decided()
  #fleet: Watched | undefined
  #policy = ''
  #health: Health = 'starting'
  /** What is out of reach just now. */
  readonly #away = new Set<'log' | 'questions'>()

  constructor(deps: ControlDeps) {
    this.#deps = deps
    this.#awaited = new Awaited(deps.clock, ASK_TIMEOUT_MS)
    this.#hearing = new Hearing(deps.clock)
    this.#startedAt = new Date(deps.clock.now()).toISOString()
  }

  get daemon(): string {
    return this.#deps.daemon.id
  }

  get events(): Events {
    return this.#deps.events
  }

  get tally(): Tally {
    return this.#deps.tally
  }

  get health(): Health {
    return this.#health === 'ready' && this.#away.size > 0 ? 'away' : this.#health
  }

  /** The fleet is recovered and takes inputs. */
  open(fleet: Watched, policy: string): void {
    this.#fleet = fleet
    this.#policy = policy
    if (this.#health === 'starting') this.#health = 'ready'
  }

  /** Whether the server that keeps the log answers, and whether questions arrive: each has a connection of its own. */
  link(what: 'log' | 'questions', up: boolean): void {
    if (up) this.#away.delete(what)
    else this.#away.add(what)
  }

  /** What judges in the partitions owned here; undefined while it starts, and when it stops. */
  policies(): PoliciesStatus | undefined {
    return this.#fleet && this.#health === 'ready'
      ? policiesOf(this.daemon, this.#policy, this.#fleet)
      : undefined
  }

  /** The texts of versions that are here. */
  texts(hashes: readonly string[]): Bundle[] {
    return hashes.flatMap((hash) => this.#fleet?.text(hash) ?? [])
  }

  /** It has been told to stop and finishes what is in hand. */
  draining(): void {
    this.#health = 'draining'
  }

  /** Told of every committed record. */
  committed(record: CommitRecord): void {
    this.#hearing.committed(record)
    this.#decided.committed(record)
    this.#awaited.committed(record)
  }

  /** `by`: who asks, as the transport knows them. */
  async answer(ask: Ask, by: string): Promise<Answered> {
    const partitions = this.#fleet?.owned ?? []
    return {
      answer: await this.#bounded(this.#answer(ask, by)),
      partitions,
      partitionsAll: this.#deps.partitions,
    }
  }

  async #bounded(answer: Promise<Answer>): Promise<Answer> {
    let cancel = () => {}
    const late = new Promise<Answer>((resolve) => {
      cancel = this.#deps.clock.after(ASK_TIMEOUT_MS, () =>
        resolve(
          refused(
            'busy',
            `no answer within ${ASK_TIMEOUT_MS / 1000} seconds; whether it took effect is open`,
          ),
        ),
      )
    })
    const failed = (cause: Error) => refused('failed', cause.message)
    const result = await Promise.race([answer.catch(failed), late])
    cancel()
    return result
  }

  async #answer(ask: Ask, by: string): Promise<Answer> {
    if (ask.kind === 'status') return { kind: 'status', status: this.status() }
    if (ask.kind === 'logs')
      return { kind: 'logs', events: this.events.since(ask.after, ask.limit), daemon: this.daemon }
    if (ask.kind === 'drain') {
      this.events.add('info', `${by} asked to drain`)
      this.draining()
      // The answer leaves first.
      this.#deps.clock.after(DRAIN_AFTER_MS, () => this.#deps.onDrain(by))
      return { kind: 'draining', daemon: this.daemon }
    }
    const fleet = this.#fleet
    if (!fleet) return refused('busy', 'the daemon is still starting')
    if (isAboutMemory(ask)) return this.#memory(fleet, ask, by)
    switch (ask.kind) {
      case 'agents':
        return listAgents(this.#states(fleet), ask.conversation, ask.limit)
      case 'agent': {
        const state = this.#stateFor(fleet, addressOf(ask.agent).conversation)
        return state ? showAgent(state, ask.agent) : { kind: 'elsewhere' }
      }
      case 'approvals':
        return {
          kind: 'approvals',
          approvals: fleet
            .pendingApprovals()
            .filter(({ who }) => ask.role === undefined || who === ask.role)
            .sort((a, b) => a.dueAt - b.dueAt)
            .map(approvalLine),
        }
      case 'dead':
        return listDead(this.#states(fleet), ask.limit)
      case 'letter': {
        const letter = this.#letter(fleet, ask.letter)
        if (!letter) return this.#missing(fleet, ask.letter, 'it was tried again or dropped')
        return { kind: 'letter', letter: letterLine(letter), input: asJson(letter.parked) }
      }
      case 'settle-dead':
        return this.#settleDead(fleet, ask, by)
      case 'ledgers': {
        const entries = fleet.ledgers(this.#deps.clock.now())
        return { kind: 'ledgers', ledgers: entries.map(ledgerLine).slice(0, LIST_MAX) }
      }
      case 'resolve':
        return this.#resolve(fleet, ask, by)
      case 'policies':
        return { kind: 'policies', policies: policiesOf(this.daemon, this.#policy, fleet) }
      case 'switch':
        return this.#switch(fleet, ask, by)
      case 'tell':
        return this.#tell(fleet, ask, by)
      case 'hear': {
        const { conversation } = ask
        if (!this.#owns(fleet, conversation)) return { kind: 'elsewhere' }
        const news = await this.#hearing.hear(conversation, { by, ...ask })
        return news ? { kind: 'heard', conversation, news } : refused('busy', 'too many wait for news')
      }
      case 'decide':
        return this.#decide(fleet, ask, by)
    }
  }

  status(): DaemonStatus {
    const { definition, daemon, log, partitions, tally } = this.#deps
    const fleet = this.#fleet
    const [first] = fleet?.owned ?? []
    const standing = fleet === undefined || first === undefined ? this.#policy : fleet.standing(first)
    const { intents, ...counted } = countAll(fleet ? this.#states(fleet) : [])
    return {
      fleet: definition.name,
      daemon: daemon.id,
      version: daemon.version,
      pid: daemon.pid,
      health: this.health,
      policy: standing,
      log,
      startedAt: this.#startedAt,
      partitions: fleet?.owned ?? [],
      partitionsAll: partitions,
      ...counted,
      waiting: { approvals: fleet?.pendingApprovals().length ?? 0, intents, unsent: fleet?.unsent ?? 0 },
      overdueHolds: overdueHolds(fleet?.ledgers(this.#deps.clock.now()) ?? []),
      turns: tally.turns,
      records: tally.records,
    }
  }

  async #tell(fleet: Watched, ask: Ask & { kind: 'tell' }, by: string): Promise<Answer> {
    const { to, conversation, message, from, fields } = ask
    const roles = Object.keys(this.#deps.definition.agents)
    if (!roles.includes(to))
      return refused('not-found', `the fleet has no agent \`${to}\`; it has ${roles.join(', ')}`)
    if (roles.includes(from))
      return refused('forbidden', `\`${from}\` is an agent of the fleet; a client speaks for those outside`)
    const fault = maySpeakAs(this.#deps.definition.people, by, from)
    if (fault !== undefined) return refused('forbidden', fault)
    if (conversation.length > CONVERSATION_CHARS_MAX)
      return refused('bad-ask', `a conversation's name has 1 to ${CONVERSATION_CHARS_MAX} characters`)
    if (!this.#owns(fleet, conversation)) return { kind: 'elsewhere' }
    if (this.#ended(fleet, conversation))
      return refused('too-late', `the conversation \`${conversation}\` has ended`)
    // A source of its own with one message: said again, it is a double and has no effect.
    const source = spokenSource(by, ask.id)
    const said = { source, seq: 1, conversation, to, message, fields, from }
    if ((await fleet.inlet.tellIfRoom(said)) === 'full') return noRoom(conversation)
    this.events.add('info', `${by} told ${agentId(conversation, to)} \`${message}\``, { id: ask.id })
    return { kind: 'told', id: ask.id, agent: agentId(conversation, to) }
  }

  async #decide(fleet: Watched, ask: Ask & { kind: 'decide' }, by: string): Promise<Answer> {
    const approval = fleet.pendingApprovals().find(({ id }) => id === ask.approval)
    if (!approval)
      return (
        this.#decided.again(ask, by) ??
        this.#missing(fleet, ask.approval, 'it was decided, or its time ran out')
      )
    const { conversation } = approval.step
    const sources = this.#stateFor(fleet, conversation)?.known(conversation)?.seen.keys() ?? []
    const fault = mayDecide(this.#deps.definition.people, by, approval, (name) =>
      Array.from(sources).some((source) => source.startsWith(spokenPrefix(name))),
    )
    if (fault !== undefined) return refused('forbidden', fault)
    if (this.#awaited.isFull) return refused('busy', 'too many decisions are under way')
    const turn = await this.#awaited.commit(wish.decision(approval.id, by, ask.grant), () =>
      fleet.decide(approval, ask.grant, by, ask.note),
    )
    this.events.add('info', `${by} ${ask.grant ? 'granted' : 'refused'} ${approval.id}: ${turn.outcome}`, {
      turn: refOf(turn),
    })
    return decidedIn(approval.id, turn)
  }

  async #settleDead(fleet: Watched, ask: Ask & { kind: 'settle-dead' }, by: string): Promise<Answer> {
    const letter = this.#letter(fleet, ask.letter)
    if (!letter) return this.#missing(fleet, ask.letter, 'it was tried again or dropped')
    if (this.#awaited.isFull) return refused('busy', 'too many decisions are under way')
    const what = ask.again ? 'retry' : 'drop'
    const turn = await this.#awaited.commit(wish.letter(what, letter.id, by), () =>
      fleet.settleDead(letter, what, by),
    )
    const done = ask.again ? 'tried again' : 'dropped'
    this.events.add('info', `${by} ${done} ${letter.id}: ${turn.outcome}`, { turn: refOf(turn) })
    const outcome = ask.again ? turn.outcome : done
    const said = turn.why === undefined ? outcome : `${outcome}, ${turn.why}`
    return { kind: 'dead-settled', letter: letter.id, outcome: said, turn: refOf(turn) }
  }

  async #resolve(fleet: Watched, ask: Ask & { kind: 'resolve' }, by: string): Promise<Answer> {
    const { ledger, hold, cameAbout, note } = ask
    if (!this.#owns(fleet, addressOf(ledger).conversation)) return { kind: 'elsewhere' }
    const fault = mayResolve(this.#deps.definition.people, by)
    if (fault !== undefined) return refused('forbidden', fault)
    const entry = fleet.ledgers(this.#deps.clock.now()).find((each) => each.ledger === ledger)
    if (!entry?.holds.some(({ id }) => id === hold))
      return refused('not-found', `\`${ledger}\` holds nothing under \`${hold}\``)
    if (this.#awaited.isFull) return refused('busy', 'too many decisions are under way')
    const turn = await this.#awaited.commit(wish.decision(hold, by, cameAbout), () =>
      fleet.resolve(ledger, hold, cameAbout, by, note),
    )
    const ref = refOf(turn)
    const said = cameAbout ? 'came about' : 'did not come about'
    this.events.add('info', `${by}: ${hold} ${said}: ${turn.outcome}`, { turn: ref })
    return { kind: 'resolved', hold, outcome: `${said}, ${turn.outcome}`, turn: ref }
  }

  /** One daemon answers for the memory that all share: the one through which changes to it go. */
  async #memory(fleet: Watched, ask: AboutMemory, by: string): Promise<Answer> {
    if (!this.#owns(fleet, KEEPER_CONVERSATION)) return { kind: 'elsewhere' }
    const fault = mayCurate(this.#deps.definition.people, by)
    if (fault !== undefined) return refused('forbidden', fault)
    if (ask.kind !== 'memory-change') return lookInMemory(this.#deps.memory, ask)
    if (this.#awaited.isFull) return refused('busy', 'too many decisions are under way')
    const { id, change, why } = ask
    const ordered = await this.#awaited.commit(wish.curation(id), () =>
      fleet.curate(id, { ...change, by, why }),
    )
    const intent = intentIn(ordered)
    if (intent === undefined) return refused('failed', ordered.why ?? 'nothing was done')
    const settled = await this.#awaited.commit(wish.outcome(intent), () => {})
    const answer = changedBy(settled, change, refOf(ordered))
    if (answer.kind === 'memory-changed')
      this.events.add('info', `${by}: ${change.what}, ${answer.rows} rows: ${why}`, { turn: answer.turn })
    return answer
  }

  /** What is not trusted, does not compile or is not what it says is refused, and changes nothing. */
  async #switch(fleet: Watched, ask: Ask & { kind: 'switch' }, by: string): Promise<Answer> {
    const { definition, development } = this.#deps
    const { rollout, bundles, unsigned } = ask
    if (unsigned && !development)
      return refused('forbidden', 'this daemon runs in production: unsigned policies are not let in')
    for (const bundle of bundles) {
      if (fleet.text(bundle.hash)) continue
      const fault = whyNotTrusted(bundle, definition.trust ?? {}, unsigned)
      if (fault !== undefined) return refused('forbidden', fault)
    }
    const done = await fleet.switchTo(rollout, bundles)
    if (done.kind === 'refused') return refused('bad-ask', done.message)
    if (done.partitions.some(({ how }) => how === 'switched'))
      this.events.add('info', `${by}: ${rollout.why}`, {
        rollout: rollout.number,
        standing: rollout.standing,
      })
    return { kind: 'switched', daemon: this.daemon, partitions: done.partitions }
  }

  #letter(fleet: Watched, id: string): DeadLetter | undefined {
    return this.#states(fleet)
      .map(({ dead }) => dead.get(id))
      .find((letter) => letter !== undefined)
  }

  /** Ids begin with the partition whose record made them: it belongs to another daemon, or there is no such thing. */
  #missing(fleet: Watched, id: string, why: string): Answer {
    const partition = partitionNamed(id)
    if (partition === undefined) return refused('bad-ask', `\`${id}\` is not an id; they look like p3.17.0`)
    if (partition >= this.#deps.partitions)
      return refused('not-found', `nothing waits under \`${id}\`: the fleet has no partition ${partition}`)
    if (!fleet.owned.includes(partition)) return { kind: 'elsewhere' }
    return refused('not-found', `nothing waits under \`${id}\`: ${why}`)
  }

  #states(fleet: Watched): PartitionState[] {
    return fleet.owned.map((partition) => fleet.stateOf(partition))
  }

  #owns(fleet: Watched, conversation: string): boolean {
    return fleet.owned.includes(partitionOf(conversation, this.#deps.partitions))
  }

  #stateFor(fleet: Watched, conversation: string): PartitionState | undefined {
    return this.#owns(fleet, conversation)
      ? fleet.stateOf(partitionOf(conversation, this.#deps.partitions))
      : undefined
  }

  #ended(fleet: Watched, conversation: string): boolean {
    return this.#stateFor(fleet, conversation)?.known(conversation)?.ended === true
  }
}

function partitionNamed(id: string): number | undefined {
  const found = /^p(\d+)\.\d+\.\d+$/.exec(id)
  return found ? Number(found[1]) : undefined
}
