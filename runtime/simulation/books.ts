/**
 * The ledgers of a run, kept a second time as plain lists of what was granted and what became of it. A ledger takes back and
 * corrects what it has added up; the lists are added up anew, so that whatever the one forgets the other knows.
 *
 * What counts is said by the same monitors: what a sum means is for the laws of a world to say (`trial-laws.fixture.ts`).
 */
import { Cells } from '#dsl/judge/cells.ts'
import type { Claim } from '#dsl/judge/grounds.ts'
import { hasHappened, type Ledgers } from '#dsl/judge/ledgers.ts'
import type { JsonObject } from '#dsl/judge/step.ts'
import { addressOf } from '#runtime/fleet/address.ts'
import { holdsIn } from '#runtime/fleet/ledger/entry.ts'
import { type Answer, type Became, type Reserve, said } from '#runtime/fleet/ledger/words.ts'
import type { PartitionState } from '#runtime/fleet/partition-state.ts'
import type { TurnRecord } from '#runtime/fleet/record.ts'

/** Beyond, windows merge what is near together: it counts a little longer then, and sums differ for a while. */
const EXACT_MAX = 256

/** One thing that a ledger has granted. */
interface Item {
  readonly claim: Claim
  /** What it came to, where that is known to be another. */
  actual?: JsonObject
  became: 'open' | 'came about'
}

export class Books {
  /** By ledger, then by hold, in the order in which they were granted. */
  readonly #entries = new Map<string, Map<string, Item>>()

  /** A ledger's turn. */
  take({ agent, at, input, changes }: TurnRecord): void {
    if (input.kind === 'decision')
      return this.#close(agent, input.approval, { kind: input.grant ? 'came about' : 'did not' })
    if (input.kind !== 'message' || input.runtime !== true) return
    if (input.message === 'parapet.reserve') {
      const { hold, claim } = said<Reserve>(input.fields)
      const post = changes.find((change) => change.kind === 'post')
      const answer = post?.kind === 'post' ? answerIn(post.body) : undefined
      if (answer?.kind !== 'granted') return
      const happened = hasHappened(claim.step)
      if (!answer.held && !happened) return
      const items = this.#entries.get(agent) ?? new Map<string, Item>()
      this.#entries.set(agent, items)
      const counted = { ...claim, step: { ...claim.step, at } }
      items.set(hold, { claim: counted, became: happened ? 'came about' : 'open' })
    } else if (input.message.startsWith('parapet.')) {
      const { hold, became } = said<{ readonly hold: string; readonly became: Became }>(input.fields)
      this.#close(agent, hold, became)
    }
  }

  #close(ledger: string, hold: string, became: Became): void {
    const items = this.#entries.get(ledger)
    const item = items?.get(hold)
    if (item?.became !== 'open' || became.kind === 'unknown') return
    if (became.kind === 'did not') items?.delete(hold)
    else {
      item.became = 'came about'
      if (became.actual) item.actual = became.actual
    }
  }

  /** In what a ledger differs from the list at `now`, in milliseconds since the epoch. */
  wrong(ledger: string, state: PartitionState, ledgers: Ledgers, now: number): string[] {
    const items = this.#entries.get(ledger) ?? new Map<string, Item>()
    const cells = state.known(addressOf(ledger).conversation)?.cells ?? new Cells()
    const held = holdsIn(cells).map(({ id }) => id)
    const open = Array.from(items).flatMap(([hold, { became }]) => (became === 'open' ? [hold] : []))
    const wrong = held.toSorted().join() === open.toSorted().join() ? [] : [`holds ${held}, not ${open}`]
    const [latest] = Array.from(items.values()).slice(-1)
    if (latest === undefined || items.size > EXACT_MAX) return wrong
    const asked = { ...latest.claim, step: { ...latest.claim.step, at: now } }
    const anew = new Cells()
    for (const { claim, actual, became } of items.values())
      if (became === 'came about' || isLimit(claim))
        ledgers.count(anew, actual ? { ...claim, step: { ...claim.step, fields: actual } } : claim)
    const [found, wanted] = [ledgers.describe(cells, asked), ledgers.describe(anew, asked)]
    return found === wanted ? wrong : [...wrong, `says ${found}, and it is ${wanted}`]
  }

  get ledgers(): Iterable<string> {
    return this.#entries.keys()
  }
}

/** What it has one pattern for it counts from the reservation on; what permits or forbids, once it has come about. */
function isLimit({ is }: Claim): boolean {
  return is.length === 1
}

function answerIn(body: string): Answer['answer'] {
  const { fields }: { readonly fields: JsonObject } = JSON.parse(body)
  return said<Answer>(fields).answer
}
