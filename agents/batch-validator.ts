/**
 * A batch validator: reads a batch page by page and offers its items for acceptance. The policy is what validates them:
 * each item is a call, and what the policy denies is referred to a reviewer with the reasons, while the batch goes on.
 *
 * Several items are offered in one transition, which goes through whole or not at all: when one of them is denied, the
 * transition is tried again with half as many, down to the one that is meant. No item is lost, and none accepted twice.
 *
 * A rule that asks a person holds the whole batch until they decide: deny in the policy what a reviewer should see, and
 * let the reviewer accept it.
 */
import { assign, setup } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { isObject } from '#dsl/judge/values.ts'
import type { Machine } from '#runtime/kernel/kernel.ts'
import { isDenied, whyDenied } from './denial.ts'
import { type CallParams, effects } from './effects.ts'
import {
  type Ending,
  type Heard,
  handedOver,
  NO_TASK,
  type Out,
  onEach,
  saying,
  type Task,
  taskOf,
  WAITING_MAX,
} from './task.ts'

export interface BatchValidatorOptions extends Ending {
  readonly id: string
  /** Messages that bring a batch. */
  readonly hears: readonly string[]
  /** The call that reads the batch from item number `from` (from 0) on. It gives `{ items: […], more: yes or no }`. */
  readonly reads: (batch: Task, from: number) => CallParams
  /** The call that accepts an item. */
  readonly accepts: (item: Json, batch: Task) => CallParams
  /** What code sees to be wrong with an item; such an item is referred without being offered. */
  readonly faults?: (item: Json) => readonly string[]
  /** Where an item goes that was not accepted, as `number` (from 0), `item` and `why`. */
  readonly refers: Out
  /** Where the outcome of the batch goes, as `accepted` and `referred`, with the batch's own fields. */
  readonly says: Out
  /** Where a batch goes that cannot be read, as `text` and `why`. */
  readonly handsOver: Out
  /** Items offered in one transition, up to `TOGETHER_MAX`. */
  readonly together?: number
}

/** One that is halved more often than this would be denied too often in a row for the runtime. */
export const TOGETHER_MAX = 8
const TOGETHER = 4
/** Items of one page. */
export const PAGE_MAX = 200

type Referral = { number: number; item?: Json; why: string }

interface ValidatorContext {
  waiting: Task[]
  batch: Task
  /** Number of the page's first item in the batch. */
  from: number
  items: Json[]
  more: boolean
  /** Items of the page that are done with. */
  done: number
  /** Items to offer in the next transition. */
  width: number
  /** Offered, and not yet answered: the call's id and the item's place in the page. */
  open: { id: string; at: number }[]
  /** About to be referred. */
  referrals: Referral[]
  accepted: number
  referred: number
  /** Calls ever made: their ids never repeat. */
  serial: number
  why: string
}

const AT_REST = {
  batch: NO_TASK,
  from: 0,
  items: [],
  more: false,
  done: 0,
  open: [],
  referrals: [],
  accepted: 0,
  referred: 0,
}

/** Throws when `together` is out of bounds. */
export function batchValidator(options: BatchValidatorOptions): Machine {
  const { id, hears, closes = [], reads, accepts, faults = () => [], refers, says, handsOver } = options
  const { together = TOGETHER } = options
  if (!Number.isInteger(together) || together < 1 || together > TOGETHER_MAX)
    throw new RangeError(`\`together\` is ${together}, not from 1 to ${TOGETHER_MAX}`)
  const kind = setup({
    types: {} as { context: ValidatorContext; events: Heard },
    actions: effects,
    guards: {
      isPageDone: ({ context }) => context.done >= context.items.length,
      isBatchDone: ({ context }) => context.done >= context.items.length && !context.more,
      isFaulty: ({ context }) => faults(context.items[context.done] ?? null).length > 0,
      isLast: ({ context }) => context.open.length <= 1,
    },
  })
  const queued = kind.enqueueActions(({ context, event, enqueue }) => {
    const batch = taskOf(event)
    if (context.waiting.length < WAITING_MAX) enqueue.assign({ waiting: [...context.waiting, batch] })
    else enqueue(saying(handsOver, batch, handedOver(batch, 'too many batches wait already')))
  })
  /** The items that go together, up to the first that code refuses. */
  const offered = ({ items, done, width }: ValidatorContext): Json[] => {
    const next = items.slice(done, done + width)
    const faulty = next.findIndex((item) => faults(item).length > 0)
    return faulty === -1 ? next : next.slice(0, faulty)
  }
  const settle = kind.assign(({ context, event }) => settled(context, event))

  return kind.createMachine({
    id,
    context: { waiting: [], ...AT_REST, width: together, serial: 0, why: '' },
    initial: 'idle',
    on: { ...onEach(hears, { actions: queued }), ...onEach(closes, '.closed') },
    states: {
      idle: {
        always: {
          guard: ({ context }) => context.waiting.length > 0,
          target: 'reading',
          actions: assign(({ context: { waiting } }) => ({
            ...AT_REST,
            waiting: waiting.slice(1),
            batch: waiting[0] ?? NO_TASK,
          })),
        },
      },
      reading: {
        after: {
          0: {
            target: 'awaiting',
            actions: { type: 'call', params: ({ context }) => reads(context.batch, context.from) },
          },
        },
        on: { 'parapet.denied': { target: 'stuck', actions: kind.assign(({ event }) => whyOf(event)) } },
      },
      awaiting: {
        on: {
          'parapet.result': [
            {
              guard: ({ event }) => isPage(event['value']),
              target: 'offering',
              actions: assign(({ event }) => pageOf(event['value'])),
            },
            {
              target: 'stuck',
              actions: assign({ why: `what was read is no page of at most ${PAGE_MAX} items` }),
            },
          ],
          'parapet.failed': { target: 'stuck', actions: assign(({ event }) => whyOf(event)) },
        },
      },
      offering: {
        after: {
          0: [
            { guard: 'isBatchDone', target: 'summing' },
            {
              guard: 'isPageDone',
              target: 'reading',
              actions: assign({ from: ({ context }) => context.from + context.items.length }),
            },
            {
              guard: 'isFaulty',
              target: 'referring',
              actions: assign(({ context }) =>
                refused(context, faults(context.items[context.done] ?? null).join('; ')),
              ),
            },
            {
              target: 'settling',
              actions: kind.enqueueActions(({ context, enqueue }) => {
                const { batch, done, serial } = context
                const open = offered(context).map((item, at) => {
                  const id = `item-${serial + at}`
                  enqueue({ type: 'call', params: { ...accepts(item, batch), id } })
                  return { id, at: done + at }
                })
                enqueue.assign({ open, serial: serial + open.length })
              }),
            },
          ],
        },
        on: {
          'parapet.denied': [
            {
              guard: ({ context }) => offered(context).length > 1,
              target: 'offering',
              reenter: true,
              actions: assign({ width: ({ context }) => Math.ceil(offered(context).length / 2) }),
            },
            {
              target: 'referring',
              actions: assign(({ context, event }) => refused(context, whyOf(event).why)),
            },
          ],
        },
      },
      settling: {
        on: {
          'parapet.result': [{ guard: 'isLast', target: 'referring', actions: settle }, { actions: settle }],
          'parapet.failed': [{ guard: 'isLast', target: 'referring', actions: settle }, { actions: settle }],
        },
      },
      referring: {
        always: { guard: ({ context }) => context.referrals.length === 0, target: 'offering' },
        after: {
          0: {
            target: 'offering',
            actions: kind.enqueueActions(({ context: { batch, referrals, referred }, enqueue }) => {
              for (const referral of referrals) enqueue(saying(refers, batch, referral))
              enqueue.assign({ referrals: [], referred: referred + referrals.length })
            }),
          },
        },
        on: {
          // What may not be shown is told without it; when that is denied too, the runtime stops the agent.
          'parapet.denied': {
            guard: ({ context }) => context.referrals.some(({ item }) => item !== undefined),
            target: 'referring',
            reenter: true,
            actions: assign({
              referrals: ({ context }) => context.referrals.map(({ number, why }) => ({ number, why })),
            }),
          },
        },
      },
      summing: {
        after: {
          0: {
            target: 'idle',
            actions: kind.enqueueActions(({ context: { batch, accepted, referred }, enqueue }) =>
              enqueue(saying(says, batch, { ...batch.fields, accepted, referred })),
            ),
          },
        },
        on: { 'parapet.denied': { target: 'stuck', actions: kind.assign(({ event }) => whyOf(event)) } },
      },
      stuck: {
        after: {
          0: {
            target: 'idle',
            actions: kind.enqueueActions(({ context: { batch, why }, enqueue }) =>
              enqueue(saying(handsOver, batch, handedOver(batch, why))),
            ),
          },
        },
      },
      closed: { type: 'final' },
    },
  })

  /** A call of `open` has an outcome; with the last of them, the page goes on, and wider than before. */
  function settled(context: ValidatorContext, event: Heard): Partial<ValidatorContext> {
    const call = context.open.find((each) => each.id === event['id'])
    if (!call) return {}
    const open = context.open.filter((each) => each !== call)
    const isAccepted = event.type === 'parapet.result'
    const last = open.length === 0
    return {
      open,
      ...(isAccepted
        ? { accepted: context.accepted + 1 }
        : { referrals: [...context.referrals, referral(context, call.at, whyOf(event).why)] }),
      ...(last && { done: call.at + 1, width: Math.min(together, context.width * 2) }),
    }
  }
}

function refused(context: ValidatorContext, why: string): Partial<ValidatorContext> {
  return { referrals: [...context.referrals, referral(context, context.done, why)], done: context.done + 1 }
}

function referral({ items, from }: ValidatorContext, at: number, why: string): Referral {
  return { number: from + at, item: items[at] ?? null, why }
}

function whyOf(event: Heard): { why: string } {
  return { why: isDenied(event) ? whyDenied(event) : String(event['error'] ?? '') }
}

function isPage(value: Json | undefined): value is JsonObject & { items: Json[] } {
  return isObject(value) && Array.isArray(value['items']) && value['items'].length <= PAGE_MAX
}

function pageOf(value: Json | undefined): Pick<ValidatorContext, 'items' | 'more' | 'done'> {
  if (!isPage(value)) return { items: [], more: false, done: 0 }
  // A page without items would be read for ever.
  return { items: value.items, more: value['more'] === true && value.items.length > 0, done: 0 }
}
