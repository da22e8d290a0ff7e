/** A fleet carried from one place to another: the real binary and server. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import '#runtime/testing/matchers.ts'
import { recordedRun } from '#runtime/testing/recorded.ts'
import { LINE_BYTES_MAX } from './carry.ts'
import { newRoot, put, REFUNDS, recordsOf, run, start } from './operator.fixture.ts'

test('an exported fleet goes on in another place, with what waited and under the ids it had', async () => {
  const from = newRoot()
  const to = newRoot()
  const file = join(from, 'refunds.jsonl.gz')
  const daemon = start(['up', REFUNDS, '--data', from], {})
  await daemon.said('runs until')
  await run(['tell', 'c1/clerk', 'refund', 'order=A', 'amount=20', '--data', from], {})
  await run(['tell', 'c2/clerk', 'refund', 'order=B', 'amount=200', '--data', from], {})
  const running = await run(['export', file, '--data', from], {})
  expect([running.code, running.err]).toEqual([1, expect.stringContaining('parapet drain')])
  daemon.child.kill('SIGTERM')
  await daemon.ended

  const exported = await run(['export', file, '--data', from], {})
  expect(exported).toMatchObject({ code: 0, err: '' })
  expect(exported.out).toContain(`memory/ and world/ are not in it: copy them yourself, from ${from}`)
  expect(readdirSync(from).filter((name) => name.includes('jsonl'))).toEqual(['refunds.jsonl.gz'])
  expect((await run(['export', file, '--data', from], {})).err).toContain('is there already')
  const imported = await run(['import', file, '--data', to], {})
  expect([imported.code, imported.err, imported.out]).toEqual([
    0,
    '',
    expect.stringContaining('judged again: all as recorded'),
  ])
  expect(imported.out).toContain(`memory/ and world/ were not in it: copy them yourself, into ${to}`)
  expect(await recordsOf(to, 'refunds')).toEqual(await recordsOf(from, 'refunds'))
  expect((await run(['import', file, '--data', to], {})).err).toContain('D0072')

  const fixture = recordedRun(file)
  expect(fixture).toAsk({ who: 'supervisor', because: 'Refund manual 3.2' })
  expect(fixture).toEventually('clerk answers customer')
  expect(fixture).toKeep(readFileSync(join(REFUNDS, '../refunds.parapet'), 'utf8'))
  expect(fixture.at(-1).agent('c2/clerk')?.value).toBe('open')

  const there = start(['up', REFUNDS, '--data', to], {})
  await there.said('runs until')
  const { out } = await run(['approvals', '--json', '--data', to], {})
  const [answer] = JSON.parse(out) as { approvals: { approval: string; agent: string }[] }[]
  expect(answer!.approvals).toMatchObject([{ agent: 'c2/clerk' }])
  const granted = await run(['approve', answer!.approvals[0]!.approval, '--as', 'ada', '--data', to], {})
  expect([granted.code, granted.out]).toEqual([0, expect.stringContaining('passed')])
  const told = await run(['tell', 'c3/clerk', 'refund', 'order=C', 'amount=300', '--data', to], {})
  expect(told.code).toBe(0)
  there.child.kill('SIGTERM')
  expect((await there.ended).code).toBe(0)
  const after = (await recordsOf(to, 'refunds')).flatMap(({ turns }) => turns)
  expect(after.some(({ agent, outcome }) => agent === 'c3/clerk' && outcome === 'asked')).toBe(true)
})

test('a file whose names lead out of the data folder is refused, and nothing outside is written', async () => {
  const root = newRoot()
  const head = { kind: 'head', format: 2, fleet: 'refunds', fleetFile: REFUNDS, partitions: 2 }
  const policy = {
    kind: 'policy',
    hash: '0'.repeat(64),
    policy: { file: 'a.parapet', text: 'x', imported: {} },
  }
  for (const [name, lines] of Object.entries({
    fleet: [{ ...head, fleet: '../outside' }],
    policy: [head, { ...policy, hash: '../../../outside' }],
    text: [head, { ...policy, policy: { file: 'a.parapet' } }],
    line: [head, null],
  })) {
    const file = join(root, `${name}.jsonl.gz`)
    writeFileSync(file, gzipSync(lines.map((line) => JSON.stringify(line)).join('\n')))
    const { code, err } = await run(['import', file, '--data', join(root, name, 'data')], {})
    expect([name, code, err]).toEqual([name, 1, expect.stringContaining('error[D0071]')])
  }
  const written = readdirSync(root, { recursive: true, encoding: 'utf8' })
  expect(written.filter((path) => path.includes('outside'))).toEqual([])
})

test('a file that was cut off leaves nothing that a daemon would go on from, and what lay in the folder stays', async () => {
  const from = newRoot()
  const file = join(from, 'refunds.jsonl.gz')
  const daemon = start(['up', REFUNDS, '--data', from], {})
  await daemon.said('runs until')
  await run(['tell', 'c1/clerk', 'refund', 'order=A', 'amount=20', '--wait', '10', '--data', from], {})
  daemon.child.kill('SIGTERM')
  await daemon.ended
  await run(['export', file, '--data', from], {})
  const whole = readFileSync(file)
  const lines = gunzipSync(whole).toString().split('\n')
  for (const cut of [whole.subarray(0, -20), gzipSync(lines.slice(0, -3).join('\n'))]) {
    const to = newRoot()
    put(to, 'refunds/world/refunds.jsonl', 'copied before')
    writeFileSync(join(to, 'cut.jsonl.gz'), cut)
    const { code, err } = await run(['import', join(to, 'cut.jsonl.gz'), '--data', to], {})
    expect([code, err]).toEqual([1, expect.stringContaining('error[D0071]')])
    expect(readdirSync(to, { recursive: true, encoding: 'utf8' }).toSorted()).toEqual([
      'cut.jsonl.gz',
      'refunds',
      'refunds.lock',
      'refunds/world',
      'refunds/world/refunds.jsonl',
    ])
  }
})

test('a file with a line that no export writes for its length is refused before it fills the memory', async () => {
  const root = newRoot()
  const file = join(root, 'long.jsonl.gz')
  writeFileSync(file, gzipSync(Buffer.alloc(LINE_BYTES_MAX + 1, ' ')))
  const { code, err } = await run(['import', file, '--data', join(root, 'data')], {})
  expect([code, err]).toEqual([1, expect.stringContaining('error[D0071]')])
  expect(err).toContain(`line 1 is longer than ${LINE_BYTES_MAX} bytes`)
})
