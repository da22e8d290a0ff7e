import { describe, expect, test } from 'vitest'
import { createJudge } from '#dsl/judge/create.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { Audit, type AuditReport } from './audit.ts'
import { type Conversation, conversationOf } from './conversation.ts'
import { Diff, type DiffReport } from './diff.ts'
import type { Happening } from './happening.ts'
import { judgeConversation } from './judge-conversation.ts'
import { voiceFor } from './voice.ts'

const VOCABULARY = `policy "Refunds" version 1
tool look_up(order: text) { reads only }
tool refund(order: text, amount: number) { external }
message request { text: text }
agent clerk { may call look_up, refund  may receive request from customer  may answer customer }
`
const LOOK_FIRST = 'consistency "Look first" { refund needs an earlier look_up with the same order }\n'
const ONCE = 'consistency "Once" { refund at most once }\n'
const REPLY = 'consistency "Reply" { (clerk calls refund) is followed by answers within 10 seconds }\n'
const CAP =
  'rule "Cap" { when clerk calls refund and amount > 50 then ask boss within 1 hour, otherwise deny }\n'

function judgeOf(checks: string): Judge {
  const { plan, diagnostics } = compile(source(VOCABULARY + checks, 'test.parapet'))
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics))
  return createJudge(plan)
}

function talk(id: string, happenings: readonly Happening[]): Conversation {
  const chosen = voiceFor(judgeOf('').plan, undefined, 'customer')
  if (chosen.kind === 'unclear') throw new Error(chosen.message)
  return conversationOf({ id, happenings }, chosen.voice, 0)
}

function audited(checks: string, ...conversations: Conversation[]): AuditReport {
  const audit = new Audit(judgeOf(checks), { examplesMax: 2, findingsMax: 10 })
  for (const each of conversations) audit.add(each)
  return audit.report()
}

function compared(before: string, after: string, ...conversations: Conversation[]): DiffReport {
  const diff = new Diff(judgeOf(before), judgeOf(after), 2)
  for (const each of conversations) diff.add(each)
  return diff.report()
}

const refund = (order: string, amount: number): Happening => ({
  kind: 'called',
  tool: 'refund',
  args: { order, amount },
})
const look = (order: string): Happening => ({ kind: 'called', tool: 'look_up', args: { order } })

describe('an audit takes what was recorded as having happened', () => {
  test('a denied step counts for what comes after it', () => {
    const twice = talk('c', [refund('A', 1), refund('A', 1)])
    const { verdicts } = judgeConversation(judgeOf(LOOK_FIRST + ONCE), twice)
    expect(verdicts.map(({ reasons }) => reasons.map(({ check }) => check))).toEqual([
      ['Look first'],
      ['Look first', 'Once'],
    ])
  })

  test('a step that a fleet stopped is judged and does not count, and neither does the rest of its turn', () => {
    const { steps, conversation } = talk('c', [
      look('A'),
      refund('A', 1),
      { kind: 'heard', text: 'And?' },
      refund('A', 1),
      { kind: 'heard', text: 'Well?' },
      refund('A', 1),
    ])
    const proposed = new Set([0, 1])
    const { verdicts } = judgeConversation(judgeOf(LOOK_FIRST + ONCE), { conversation, steps, proposed })
    expect(verdicts.map(({ kind }) => kind)).toEqual(['allow', 'allow', 'allow', 'deny', 'allow', 'deny'])
    expect(verdicts[3]?.reasons.map(({ check }) => check)).toEqual(['Look first'])
    expect(verdicts[5]?.reasons.map(({ check }) => check)).toEqual(['Look first', 'Once'])
  })

  test('promises are broken at their deadline or with the end of the recording, and kept ones are not', () => {
    const kept = talk('kept', [refund('A', 1), { kind: 'said', text: 'Done.' }])
    const late = talk('late', [refund('A', 1), { kind: 'said', text: 'Done.', at: 60_000 }])
    const never = talk('never', [refund('A', 1)])
    expect(audited(REPLY, kept).breaches).toBe(0)
    expect(audited(REPLY, late, never)).toMatchObject({
      breaches: 2,
      checks: [{ check: 'Reply', steps: 2, conversations: 2 }],
    })
  })
})

describe('a report', () => {
  const good = talk('good', [look('A'), refund('A', 10), { kind: 'said', text: 'Done.' }])
  const bad = talk('bad', [{ kind: 'heard', text: 'Money!' }, refund('B', 80), refund('B', 90)])
  const report = audited(LOOK_FIRST + CAP, good, bad)

  test('counts verdicts, and checks by steps and conversations with the first examples', () => {
    expect(report).toMatchObject({
      conversations: 2,
      steps: 6,
      verdicts: { allow: 4, repair: 0, ask: 0, deny: 2, quarantine: 0 },
      checks: [
        { check: 'Cap', action: 'ask', steps: 2, conversations: 1 },
        {
          check: 'Look first',
          action: 'deny',
          steps: 2,
          conversations: 1,
          examples: [{ conversation: 'bad', index: 1 }, { index: 2 }],
        },
      ],
    })
  })

  test('names the first stop of each conversation that has one', () => {
    expect(report.firstStops.map(({ conversation, index }) => [conversation, index])).toEqual([['bad', 1]])
  })

  test('names what the policy does not know once each, with counts', () => {
    const odd: Happening[] = [
      { kind: 'called', tool: 'pray', args: {} },
      { kind: 'returned', tool: 'pray', value: 'nothing' },
      look('A'),
    ]
    expect(audited('', talk('c', odd)).unknownNames).toEqual([{ kind: 'tool', name: 'pray', steps: 2 }])
  })

  test('is JSON as it stands', () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })
})

describe('a comparison', () => {
  const seen = talk('seen', [look('A'), refund('A', 80)])
  const unseen = talk('unseen', [refund('A', 80), { kind: 'said', text: 'Done.' }])

  test('of a policy with itself finds nothing', () => {
    const { changed, otherReasons, checks } = compared(LOOK_FIRST + CAP, LOOK_FIRST + CAP, seen, unseen)
    expect({ changed, otherReasons, checks }).toEqual({ changed: 0, otherReasons: 0, checks: [] })
  })

  test('counts changed verdicts by kind and by check, with examples', () => {
    const report = compared(CAP, LOOK_FIRST, seen, unseen)
    expect(report).toMatchObject({ steps: 4, changed: 2, changedConversations: 2, otherReasons: 0 })
    expect(report.verdicts).toMatchObject([
      { from: 'ask', to: 'allow', steps: 1, examples: [{ conversation: 'seen', index: 1 }] },
      { from: 'ask', to: 'deny', steps: 1, examples: [{ conversation: 'unseen', index: 0 }] },
    ])
    expect(report.checks).toEqual([
      { check: 'Cap', speaksNow: 0, speaksNoMore: 2 },
      { check: 'Look first', speaksNow: 1, speaksNoMore: 0 },
    ])
  })

  test('tells a verdict that stays for other reasons from one that changes', () => {
    expect(compared(LOOK_FIRST, LOOK_FIRST + CAP, unseen)).toMatchObject({ changed: 0, otherReasons: 1 })
  })

  test('tells of what hangs on a score that nobody recorded neither that it changes nor that it does not', () => {
    const gloom = `detector gloom over text { within 1 second, threshold 0.5 }
      rule "Gloomy" { when clerk answers and gloom in text then deny }\n`
    expect(compared('', gloom + ONCE, seen, unseen)).toMatchObject({
      steps: 4,
      unknown: 1,
      changed: 0,
      checks: [],
    })
    expect(compared(gloom, gloom, unseen)).toMatchObject({ steps: 2, unknown: 1, changed: 0 })
  })

  test('sees promises that are broken only now', () => {
    const { breaches, checks } = compared('', REPLY, seen, unseen)
    expect(breaches).toEqual({ before: 0, after: 1, changed: 1 })
    expect(checks).toEqual([{ check: 'Reply', speaksNow: 1, speaksNoMore: 0 }])
  })
})

describe('who speaks', () => {
  const chosen = (text: string, agent?: string) => {
    const { plan } = compile(source(`policy "P" version 1\n${text}`, 'p.parapet'))
    if (plan === undefined) throw new Error('the policy has errors')
    return voiceFor(plan, agent, 'customer')
  }
  const desk = `tool t() { reads only }  message ask { text: text }  message reply { text: text }
agent gate { may receive ask from customer  may send ask to clerk  may receive reply from clerk  may answer customer }
agent clerk { may receive ask from gate  may send reply to gate  may call t }
`

  test('is the one role that may call tools, in the words it may use', () => {
    expect(chosen(desk)).toMatchObject({
      voice: {
        agent: 'clerk',
        hears: { message: 'ask', peer: 'gate' },
        says: { message: 'reply', peer: 'gate' },
      },
    })
  })

  test('is the role that was named', () => {
    expect(chosen(desk, 'gate')).toMatchObject({ voice: { agent: 'gate', says: { peer: 'customer' } } })
    expect(chosen(desk, 'nobody')).toMatchObject({ kind: 'unclear', roles: ['gate', 'clerk'] })
  })

  test('is asked for when several may call tools', () => {
    expect(chosen(`${desk}agent other { may call t }`).kind).toBe('unclear')
  })
})
