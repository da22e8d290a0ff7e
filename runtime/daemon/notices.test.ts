import { expect, test } from 'vitest'
import { Notices } from './notices.ts'

function listening() {
  const said: string[] = []
  let now = 0
  const notices = new Notices(
    (line) => said.push(line),
    () => now,
  )
  return {
    said,
    notices,
    later: (ms: number) => {
      now += ms
    },
  }
}

test('the same words are said once until some time has passed', () => {
  const { said, notices, later } = listening()
  for (let i = 0; i < 50; i++) notices.notice('the log is full')
  expect(said).toEqual(['the log is full'])
  later(60_000)
  notices.notice('the log is full')
  expect(said).toHaveLength(2)
})

test('a server that goes and comes is said once each, and nothing on closing', () => {
  const { said, notices } = listening()
  notices.link('connected')
  notices.link('disconnected')
  notices.link('disconnected')
  notices.link('connected')
  notices.link('closed')
  expect(said).toEqual(['nats-server is away; everything waits, nothing is lost', 'nats-server is back'])
  notices.close()
  notices.link('disconnected')
  notices.notice('trying again')
  expect(said).toHaveLength(2)
})
