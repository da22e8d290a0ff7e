import { expect, test } from 'vitest'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { askSubject, tellSubject } from '#runtime/control/service.ts'
import { speakersOf } from './speakers.ts'
import { usersOf } from './users.ts'

const POLICY = `policy "Desk" version 1

message order { text: text }
message review { text: text }
message verdict { text: text }

agent clerk {
  may receive order from customer
  may receive verdict from reviewer
  may send review to reviewer
}

agent reviewer {
  may receive review from clerk
  may send verdict to clerk
}

agent archivist {
  may receive order, review from clerk, reviewer
}
`

function speakers() {
  const { plan, diagnostics } = compile(source(POLICY, 'desk.parapet'))
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  return speakersOf(plan!)
}

test('an agent says what it may send and the other may receive; who is outside, what may be received from them', () => {
  expect(speakers()).toEqual([
    { name: 'archivist', kind: 'agent', to: [] },
    // `review` goes to the reviewer only, so that what the archivist would take never comes.
    { name: 'clerk', kind: 'agent', to: ['reviewer'] },
    { name: 'customer', kind: 'outside', to: ['clerk'] },
    { name: 'reviewer', kind: 'agent', to: ['clerk'] },
  ])
})

test('who may say nothing may publish nothing, and nobody but daemons reaches inboxes and slots', () => {
  const users = usersOf({ name: 'desk', partitions: 2, speakers: speakers(), people: ['ada'] })
  const publishing = new Map(users.map(({ name, publish }) => [name, publish]))
  expect(publishing.get('agent-archivist')).toEqual([])
  expect(publishing.get('agent-clerk')).toEqual([
    tellSubject('desk', 'clerk', 'clerk', 'reviewer'),
    askSubject('desk', 'hear', 'clerk'),
  ])
  expect(publishing.get('client-customer')).toEqual([
    tellSubject('desk', 'customer', 'customer', 'clerk'),
    askSubject('desk', 'hear', 'customer'),
  ])
  for (const { name, publish, subscribe } of users) {
    if (name === 'daemon') continue
    expect(publish.filter((subject) => /^desk\.(in|log|meta)/.test(subject))).toEqual([])
    expect(subscribe).toEqual([])
  }
})
