/** Several daemons, each with a data folder of its own, share one fleet on one server. */
import { expect, test } from 'vitest'
import { checkHistory } from '#runtime/fleet/check-history.ts'
import { scratchServer } from '#runtime/log/nats-server/scratch.ts'
import { type Env, newRoot, type Running, run, up } from './operator.fixture.ts'
import { findPlace } from './place.ts'
import { readRecords } from './read-log.ts'
import { sharingOf } from './shared.ts'

const PACED: Env = { DESK_CONVERSATIONS: '6', DESK_PACE_MS: '200', PARAPET_LEASE_MS: '1500' }

async function expectWhole(root: string, url: string): Promise<void> {
  const place = findPlace(root, undefined)
  if (place.kind === 'problem') throw new Error(place.message)
  const opened = await readRecords(place, url)
  if (opened.kind === 'problem') throw new Error(opened.message)
  expect(checkHistory(await Array.fromAsync(opened.records))).toEqual([])
  await opened.close()
}

test('two daemons share the partitions and both end when the whole work is done; reading elsewhere makes nothing there', async () => {
  await using scratch = await scratchServer()
  await using other = await scratchServer()
  const env = { ...PACED, NATS_URL: scratch.server.url }
  const roots = [newRoot(), newRoot()]
  const both = roots.map((root): Running => up(root, env))
  await Promise.all(both.map((each) => each.said('serves 2 of 4 partitions')))
  const ended = await Promise.all(both.map((each) => each.ended))
  expect(ended.map(({ code }) => code)).toEqual([0, 0])
  await expectWhole(roots[0]!, scratch.server.url)
  const read = await run(['trace', '--data', roots[0]!], { NATS_URL: other.server.url })
  expect(read.err).toContain('error[D0042]')
  expect(read.err).toContain('holds no fleet `airline-desk`')
  const unset = await run(['trace', '--data', roots[0]!], {})
  expect([unset.code, unset.err]).toEqual([
    1,
    expect.stringContaining('if it ran with NATS_URL set, set it again'),
  ])
})

test('a killed daemon’s partitions are taken over; one told to stop hands over and says how to go on', async () => {
  await using scratch = await scratchServer()
  const env = { ...PACED, NATS_URL: scratch.server.url }
  const roots = [newRoot(), newRoot(), newRoot()]
  const [killed, stopped, last] = roots.map((root): Running => up(root, env)) as [Running, Running, Running]
  await last.said('; 3 daemons')
  await last.said('denied')
  killed.child.kill('SIGKILL')
  stopped.child.kill('SIGINT')
  expect((await stopped.ended).code).toBe(130)
  expect((await stopped.ended).out).toContain('Stopped. What is committed is kept')
  await last.said('serves 4 of 4 partitions')
  const { code, out } = await last.ended
  expect(code, out).toBe(0)
  await expectWhole(roots[2]!, scratch.server.url)
})

test('a setting that cannot be meant is refused', () => {
  expect(sharingOf({})).toMatchObject({ leaseMs: 1_500, replicas: 1 })
  expect(sharingOf({ PARAPET_LEASE_MS: '5' })).toMatchObject({ code: 'D0036' })
  expect(sharingOf({ PARAPET_REPLICAS: '2' })).toMatchObject({ code: 'D0036' })
})
