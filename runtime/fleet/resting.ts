/**
 * A conversation and its agents at rest: a few bytes, in the words of its partition. What is empty is left out; of an ended
 * conversation its number of turns remains.
 *
 *   head    80, and a bit for each part that follows (`ENDED` …); the number of turns
 *   parts   the policy's hash; the other's; agents; cells; how far clients are taken; ids of timers of what is owed
 *   agent   its role; a bit for each part (`DONE` …); its state, which in most begins with machine, value and context
 *           (`USUAL`); the other parts
 *   cell    its name, or the owner's part and what it is joined by; its value
 */
import { Cells } from '#dsl/judge/cells.ts'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { agentId } from './address.ts'
import { CompactReader, CompactWriter } from './compact.ts'
import type { AgentState, ConversationState } from './conversation-state.ts'
import type { Input } from './record.ts'
import { thawJson } from './resting-json.ts'
import type { Words } from './words.ts'

const HEAD = 0x80
const ENDED = 1
const POLICY = 2
const BESIDE = 4
const AGENTS = 8
const CELLS = 16
const SEEN = 32
const OWED = 64

const DONE = 1
const HALTED = 2
const DENIALS = 4
const PARKED = 8
const WAITING = 16
const TIMERS = 32
const INTENTS = 64
const USUAL = 128
const USUAL_KEYS = 3

/** What stands before a cell's name: it is one text, or two. */
const JOINED = 0xff
const WHOLE_NAME = 0xfe

export class Rest {
  readonly #words: Words | undefined
  readonly #writer = new CompactWriter()
  readonly #reader = new CompactReader()

  constructor(words: Words | undefined) {
    this.#words = words
  }

  /** A view, good until the next one. */
  freeze(conversation: ConversationState): Uint8Array {
    const { id, turns, policy, beside, agents, cells, seen, obligations } = conversation
    const writer = this.#writer
    writer.begin(id, this.#words)
    writer.byte(
      HEAD |
        (conversation.ended ? ENDED : 0) |
        (policy === undefined ? 0 : POLICY) |
        (beside === undefined ? 0 : BESIDE) |
        (agents.size === 0 ? 0 : AGENTS) |
        (cells.size === 0 ? 0 : CELLS) |
        (seen.size === 0 ? 0 : SEEN) |
        (isEmpty(obligations) ? 0 : OWED),
    )
    writer.count(turns)
    if (policy !== undefined) writer.name(policy)
    if (beside !== undefined) writer.name(beside)
    if (agents.size > 0) {
      writer.count(agents.size)
      for (const [name, agent] of agents) {
        writer.name(name.slice(id.length + 1))
        this.#freezeAgent(agent)
      }
    }
    if (cells.size > 0) {
      writer.count(cells.size)
      for (const [cell, value] of cells.entries()) {
        this.#cell(cell)
        writer.json(value)
      }
    }
    if (seen.size > 0) {
      writer.count(seen.size)
      for (const [source, seq] of seen) {
        writer.ownName(source)
        writer.count(seq)
      }
    }
    this.#texts(obligations)
    return writer.bytes
  }

  #freezeAgent(agent: AgentState): void {
    const { packed, halted, denials, parked, waiting, timers, intents } = agent
    const writer = this.#writer
    const usual = isUsual(packed)
    writer.byte(
      (usual ? USUAL : 0) |
        (agent.done ? DONE : 0) |
        (halted === undefined ? 0 : HALTED) |
        (denials === 0 ? 0 : DENIALS) |
        (parked === undefined ? 0 : PARKED) |
        (waiting.length === 0 ? 0 : WAITING) |
        (isEmpty(timers) ? 0 : TIMERS) |
        (isEmpty(intents) ? 0 : INTENTS),
    )
    if (usual) this.#usual(packed)
    else writer.fields(packed)
    if (halted !== undefined) writer.text(halted)
    if (denials > 0) writer.count(denials)
    if (parked !== undefined) writer.text(parked)
    if (waiting.length > 0) writer.text(JSON.stringify(waiting))
    this.#texts(timers)
    this.#texts(intents)
  }

  #usual(packed: JsonObject): void {
    const writer = this.#writer
    writer.json(packed.machine, true)
    writer.json(packed.value, true)
    writer.json(packed.context)
    const others = Object.keys(packed).slice(USUAL_KEYS)
    writer.count(others.length)
    for (const key of others) {
      writer.name(key)
      writer.json(packed[key])
    }
  }

  /** Of many cells with one owner each is joined by something else. */
  #cell(cell: string): void {
    const writer = this.#writer
    const cut = cell.indexOf(':') + 1
    if (cut === 0 || cut === cell.length) {
      writer.byte(WHOLE_NAME)
      writer.name(cell)
    } else {
      writer.byte(JOINED)
      writer.name(cell.slice(0, cut))
      writer.text(cell.slice(cut))
    }
  }

  #texts(texts: ReadonlySet<string> | undefined): void {
    if (texts === undefined || texts.size === 0) return
    this.#writer.count(texts.size)
    for (const text of texts) this.#writer.text(text)
  }

  /** `bytes` are our own (`freeze`): what is not so is a bug, and throws. */
  thaw(id: string, bytes: Uint8Array): ConversationState {
    const reader = this.#reader
    reader.begin(bytes, id, this.#words)
    const head = reader.byte()
    if ((head & HEAD) === 0) return thawJson(id, bytes)
    const turns = reader.count()
    const policy = head & POLICY ? reader.text() : undefined
    const beside = head & BESIDE ? reader.text() : undefined
    const agents = new Map<string, AgentState>()
    let active = 0
    for (let left = head & AGENTS ? reader.count() : 0; left > 0; left--) {
      const name = agentId(id, reader.text())
      const agent = this.#thawAgent()
      agents.set(name, agent)
      if (!agent.done && agent.halted === undefined) active++
    }
    const cells = new Map<string, Json>()
    for (let left = head & CELLS ? reader.count() : 0; left > 0; left--) {
      const joined = reader.byte() === JOINED
      const name = reader.text()
      cells.set(joined ? name + reader.text() : name, reader.json())
    }
    const seen = new Map<string, number>()
    for (let left = head & SEEN ? reader.count() : 0; left > 0; left--)
      seen.set(reader.text(), reader.count())
    return {
      id,
      cells: new Cells(cells),
      active,
      turns,
      ended: (head & ENDED) !== 0,
      policy,
      beside,
      agents,
      seen,
      obligations: head & OWED ? this.#set() : undefined,
      touches: 0,
    }
  }

  #thawAgent(): AgentState {
    const reader = this.#reader
    const parts = reader.byte()
    const packed = parts & USUAL ? this.#thawUsual() : reader.fields()
    const halted = parts & HALTED ? reader.text() : undefined
    const denials = parts & DENIALS ? reader.count() : 0
    const parked = parts & PARKED ? reader.text() : undefined
    const waiting: Input[] = parts & WAITING ? JSON.parse(reader.text()) : []
    return {
      packed,
      live: undefined,
      done: (parts & DONE) !== 0,
      halted,
      denials,
      parked,
      waiting,
      timers: parts & TIMERS ? this.#set() : undefined,
      intents: parts & INTENTS ? this.#set() : undefined,
    }
  }

  #thawUsual(): JsonObject {
    const reader = this.#reader
    const packed: JsonObject = { machine: reader.json(), value: reader.json(), context: reader.json() }
    for (let left = reader.count(); left > 0; left--) packed[reader.text()] = reader.json()
    return packed
  }

  #set(): Set<string> {
    const texts = new Set<string>()
    for (let left = this.#reader.count(); left > 0; left--) texts.add(this.#reader.text())
    return texts
  }
}

const isEmpty = (set: ReadonlySet<string> | undefined): boolean => set === undefined || set.size === 0

function isUsual(packed: JsonObject): boolean {
  const [first, second, third] = Object.keys(packed)
  return first === 'machine' && second === 'value' && third === 'context'
}
