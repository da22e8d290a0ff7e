/**
 * A person as an agent of the conversation: what others hand over, and what waits for this role's decision, is shown to
 * someone outside as a case; their word settles it.
 *
 * Without the person: cases that wait are told again, and after the last time a fixed word stands in for theirs, if one
 * is given. What the policy asked has its own deadline and its own `otherwise`.
 *
 * Denials: a case that may not be shown is shown without its content; of a word that is not let through, the person is
 * told why, and the case stays open.
 */
import { setup, stateIn } from 'xstate'
import type { JsonObject } from '#dsl/judge/step.ts'
import { isObject } from '#dsl/judge/values.ts'
import type { Machine } from '#runtime/kernel/kernel.ts'
import { feedbackOf, isDenied } from './denial.ts'
import { effects } from './effects.ts'
import { type Ending, type Heard, type Out, onEach, saying, type Task, taskOf } from './task.ts'

export interface HumanOptions extends Ending {
  readonly id: string
  /** Who outside is shown the cases, each as `case`, `what` (the message), `by` (who brought it), `text` and its own fields. */
  readonly person: string
  /** Messages that bring a case. */
  readonly hears: readonly string[]
  /** The person's message: its `case` says which, `grant` and `note` decide what the policy asked. From anybody else it does nothing. */
  readonly decides: string
  /** Where the person's word goes; without `to`, to whoever brought the case. */
  readonly settles: Out
  /** Its fields; those of the person's message unless given. */
  readonly settled?: (word: JsonObject, task: Task) => JsonObject
  /** Open cases are told again so often. */
  readonly remindsMs?: number
  readonly remindersMax?: number
  /** The word after the last reminder; without it a case waits on. */
  readonly unanswered?: JsonObject
}

/** Open at once; what comes beyond is settled with `refused`. */
export const CASES_MAX = 100
export const REMINDS_MS = 3_600_000
export const REMINDERS_MAX = 3

/** In the place of a case's content. A rule about `text` would take a missing one for unknown, and deny it. */
const WITHHELD = 'What it says may not be shown here.'

type Case = {
  id: string
  task: Task
  /** What the policy asked; not a task. */
  approval: boolean
  shown: 'not yet' | 'not yet, and without its content' | 'yes'
  reminders: number
}

interface HumanContext {
  cases: Case[]
  /** Of cases ever opened. */
  serial: number
  /** To be told to the person next. */
  notice: string
}

export function human(options: HumanOptions): Machine {
  const { id, person, hears, decides, settles, settled = (word) => word, unanswered, closes = [] } = options
  const { remindsMs = REMINDS_MS, remindersMax = REMINDERS_MAX } = options
  const kind = setup({
    types: {} as { context: HumanContext; events: Heard },
    actions: effects,
    delays: { reminding: remindsMs },
    guards: {
      hasToTell: ({ context }) => context.notice !== '' || next(context) !== undefined,
      isOpen: ({ context }) => context.cases.length > 0,
      // Whoever else can reach the agent, a customer who waits for the decision among them, decides nothing.
      isPerson: ({ event }) => event['from'] === person,
      isShownWhole: ({ context }) => context.notice === '' && next(context)?.shown === 'not yet',
    },
  })
  const opened = kind.enqueueActions(({ context: { cases, serial }, event, enqueue }) => {
    const task = event.type === 'parapet.approval' ? approvalOf(event) : taskOf(event)
    const approval = event.type === 'parapet.approval'
    // An approval that finds no room is decided by the policy's own `otherwise`.
    if (cases.length < CASES_MAX)
      enqueue.assign({
        cases: [...cases, { id: caseId(event, serial), task, approval, shown: 'not yet', reminders: 0 }],
        serial: serial + 1,
      })
    else if (!approval) enqueue(saying(settles, task, { refused: 'too many cases wait already' }))
  })
  const settle = kind.enqueueActions(({ context: { cases }, event, enqueue }) => {
    const { fields } = taskOf(event)
    const found = cases.find((each) => each.id === fields['case'])
    if (!found) return enqueue.assign({ notice: `There is no open case ${String(fields['case'])}.` })
    if (found.approval) enqueue({ type: 'decide', params: decisionOf(found, fields) })
    else enqueue(saying(settles, found.task, settled(fields, found.task)))
    enqueue.assign({ cases: cases.filter((each) => each !== found) })
  })
  const remind = kind.enqueueActions(({ context: { cases }, enqueue }) => {
    const isOver = ({ reminders, approval }: Case) =>
      reminders >= remindersMax && (approval || unanswered !== undefined)
    for (const { task, approval } of cases.filter(isOver))
      if (!approval) enqueue(saying(settles, task, settled(unanswered ?? {}, task)))
    const left = cases.filter((each) => !isOver(each))
    const told = left.filter(({ reminders }) => reminders < remindersMax)
    enqueue.assign({
      cases: left.map((each) => ({ ...each, reminders: Math.min(each.reminders + 1, remindersMax) })),
      notice: told.length === 0 ? '' : `These cases wait: ${told.map((each) => each.id).join(', ')}.`,
    })
  })

  return kind.createMachine({
    id,
    context: { cases: [], serial: 1, notice: '' },
    type: 'parallel',
    on: {
      ...onEach(hears, { actions: opened }),
      ...onEach(closes, { target: ['.desk.closed', '.clock.closed'] }),
      'parapet.approval': { actions: opened },
      [decides]: { guard: 'isPerson', actions: settle },
    },
    states: {
      desk: {
        initial: 'free',
        states: {
          free: {
            always: { guard: 'hasToTell', target: 'telling' },
            on: {
              'parapet.denied': {
                actions: kind.assign(({ event }) => (isDenied(event) ? { notice: feedbackOf(event) } : {})),
              },
            },
          },
          telling: {
            after: {
              0: {
                target: 'free',
                actions: kind.enqueueActions(({ context: { cases, notice }, enqueue }) => {
                  if (notice !== '') {
                    enqueue({ type: 'answer', params: { to: person, fields: { text: notice } } })
                    return enqueue.assign({ notice: '' })
                  }
                  const first = next({ cases })
                  if (!first) return
                  enqueue({ type: 'answer', params: { to: person, fields: shown(first) } })
                  enqueue.assign({
                    cases: cases.map((each) => (each === first ? { ...each, shown: 'yes' } : each)),
                  })
                }),
              },
            },
            on: {
              // Neither a notice nor a case without content can be said with less: then the runtime stops the agent.
              'parapet.denied': {
                guard: 'isShownWhole',
                target: 'telling',
                reenter: true,
                actions: kind.assign(({ context: { cases } }) => ({
                  cases: cases.map((each) =>
                    each === next({ cases }) ? { ...each, shown: 'not yet, and without its content' } : each,
                  ),
                })),
              },
            },
          },
          closed: { type: 'final' },
        },
      },
      clock: {
        initial: 'still',
        states: {
          still: { always: { guard: 'isOpen', target: 'running' } },
          running: {
            after: { reminding: { target: 'still', actions: remind } },
            // A reminder that was denied rings again.
            on: { 'parapet.denied': { guard: stateIn({ desk: 'free' }), target: 'still' } },
          },
          closed: { type: 'final' },
        },
      },
    },
  })
}

function next({ cases }: Pick<HumanContext, 'cases'>): Case | undefined {
  return cases.find((each) => each.shown !== 'yes')
}

function shown({ id, task, shown }: Case): JsonObject {
  const about = { case: id, what: task.message, by: task.from }
  return shown === 'not yet' ? { text: '', ...task.fields, ...about } : { ...about, text: WITHHELD }
}

function caseId(event: Heard, serial: number): string {
  return event.type === 'parapet.approval' ? String(event['approval']) : `case-${serial}`
}

/** An ask as a case: what the agent wants to do, what the policy says of it, and until when a word is waited for. */
function approvalOf({ agent, step, reasons, dueAt }: Heard): Task {
  const { kind = '', name = '', fields = {} } = isObject(step) ? step : {}
  const until = typeof dueAt === 'number' ? new Date(dueAt).toISOString() : ''
  const text = `${String(agent)} asks for a decision.`
  return {
    message: 'approval',
    from: String(agent),
    fields: { text, step: { kind, name, fields }, reasons: reasons ?? [], until },
  }
}

function decisionOf({ id }: Case, { grant, note }: JsonObject) {
  return { approval: id, grant: grant === true, note: typeof note === 'string' ? note : '' }
}
