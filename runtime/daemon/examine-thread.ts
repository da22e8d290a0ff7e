/** Runs a bundle's tests and judges the recorded log with it; see `examine.ts`. */
import { parentPort, workerData } from 'node:worker_threads'
import type { JsonObject } from '#dsl/judge/step.ts'
import { type Backtest, type ChangedVerdict, NOT_ASKED } from '#runtime/control/examined.ts'
import { openBundle } from '#runtime/deploy/open-bundle.ts'
import type { Change, DiffReport } from '#runtime/traces/diff.ts'
import { backtest } from './backtest.ts'
import { testBundle } from './bundle-tests.ts'
import type { Examination, ThreadAnswer } from './examine.ts'

const EXAMPLES_MAX = 12
const FIELDS_CHARS_MAX = 1_000
const FAILED_TOLD_MAX = 10

parentPort?.postMessage(await examined(workerData as Examination))

async function examined(asked: Examination): Promise<ThreadAnswer> {
  const opened = openBundle(asked.bundle)
  if (opened.kind === 'refused') return { kind: 'unfit', why: opened.message }
  const { tests, failed } = testBundle(asked.bundle, opened.plan)
  if (failed.length > 0)
    return {
      kind: 'unfit',
      why: `${failed.length} of ${tests} tests fail: ${failed.slice(0, FAILED_TOLD_MAX).join('; ')}`,
    }
  if (!asked.backtest) return { kind: 'examined', tests, backtest: none(NOT_ASKED) }
  const done = await backtest(asked.place, asked.standing, opened.plan, asked.natsUrl, undefined)
  const shown = done.kind === 'problem' ? none(done.message) : judged(done.report)
  return { kind: 'examined', tests, backtest: shown }
}

function none(why: string): Backtest {
  return { kind: 'none', why }
}

function judged(report: DiffReport): Backtest {
  const { conversations, steps, unknown, changed, changedConversations, otherReasons, verdicts } = report
  const examples = verdicts.flatMap((each) => each.examples).slice(0, EXAMPLES_MAX)
  return {
    kind: 'judged',
    conversations,
    steps,
    unknown,
    changed,
    changedConversations,
    otherReasons,
    examples: examples.map(changedVerdict),
  }
}

function changedVerdict({ conversation, step, before, after }: Change): ChangedVerdict {
  const speaking = after.reasons.length > 0 ? after : before
  return {
    conversation,
    step: { kind: step.kind, agent: step.agent, name: step.name },
    ...fieldsOf(step.fields),
    was: before.kind,
    now: after.kind,
    because: speaking.reasons.map(({ check, found }) => `${check}: ${found}`),
  }
}

function fieldsOf(fields: JsonObject): { fields?: JsonObject } {
  return JSON.stringify(fields).length > FIELDS_CHARS_MAX ? {} : { fields }
}
