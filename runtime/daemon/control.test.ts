/** An operator's day with a running fleet: the real binary, a real nats-server, HTTP on the loopback interface. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeToken } from '#runtime/log/subjects.ts'
import { newRoot, put, REFUNDS, type Running, recordsOf, run, serverPort, start } from './operator.fixture.ts'

const root = newRoot()
const DATA = ['--data', root]
let daemon: Running
let base: string

beforeAll(async () => {
  daemon = start(['up', REFUNDS, ...DATA, '--http', '127.0.0.1:0'], {})
  await daemon.said('control http://')
  await daemon.said('runs until')
  base = /control (http:\S+)/.exec(daemon.printed())![1]!
})

afterAll(async () => {
  daemon.child.kill('SIGTERM')
  await daemon.ended
})

const ADA = { authorization: 'Bearer ada-shows-this' }

async function asked<T>(...args: readonly string[]): Promise<T[]> {
  const { out } = await run([...args, '--json', ...DATA], {})
  return JSON.parse(out) as T[]
}

async function http(path: string, init: RequestInit = {}) {
  const response = await fetch(`${base}${path}`, init)
  return { status: response.status, text: await response.text() }
}

async function tell(agent: string, ...more: readonly string[]): Promise<void> {
  const { code, err } = await run(['tell', agent, 'refund', ...more, ...DATA, '--as', 'customer-line'], {})
  expect([code, err]).toEqual([0, ''])
}

interface Pending {
  readonly approvals: readonly { readonly approval: string; readonly agent: string }[]
}

/** The approval a conversation waits for, once it does. */
async function pendingOf(agent: string): Promise<string> {
  for (;;) {
    const [answer] = await asked<Pending>('approvals', '--role', 'supervisor')
    const found = answer?.approvals.find((each) => each.agent === agent)
    if (found) return found.approval
  }
}

async function decisionsIn(conversation: string) {
  return (await recordsOf(root, 'refunds'))
    .flatMap(({ turns }) => turns)
    .filter(({ agent, input }) => agent.startsWith(`${conversation}/`) && input.kind === 'decision')
}

describe('the command line', () => {
  test('says how the fleet goes', async () => {
    const [answer] = await asked<{ status: { health: string; partitions: number[] } }>('status')
    expect(answer?.status).toMatchObject({ fleet: 'refunds', health: 'ready', partitions: [0, 1] })
  })

  test('of several fleets with data here the one that runs is asked', async () => {
    const json = readFileSync(join(root, 'refunds/fleet.json'), 'utf8')
    put(root, 'ended/fleet.json', json.replace('"refunds"', '"ended"'))
    const { code, out } = await run(['status', ...DATA], {})
    rmSync(join(root, 'ended'), { recursive: true })
    expect([code, out]).toEqual([0, expect.stringMatching(/^refunds {2}ready/)])
  })

  test('a message said twice under one id is taken once, and a person with the role grants what it asks for', async () => {
    await tell('c1/clerk', 'order=A-1', 'amount=200', '--id', 'm1')
    await tell('c1/clerk', 'order=A-1', 'amount=200', '--id', 'm1')
    const approval = await pendingOf('c1/clerk')
    const auditor = await run(['approve', approval, '--as', 'bo', ...DATA], {})
    expect([auditor.code, auditor.err]).toEqual([1, expect.stringContaining('`bo` is auditor')])
    const stranger = await run(['approve', approval, '--as', 'eve', ...DATA], {})
    expect([stranger.code, stranger.err]).toEqual([1, expect.stringContaining('nobody called `eve`')])
    const ada = ['approve', approval, '--as', 'ada', '--note', 'by phone', ...DATA]
    const first = await run(ada, {})
    expect(first.code).toBe(0)
    expect(await run(ada, {}), 'the same again').toEqual(first)
    expect(await run(['deny', approval, '--as', 'ada', ...DATA], {})).toMatchObject({
      code: 1,
      err: expect.stringContaining('`ada` has granted it already'),
    })
    const decisions = await decisionsIn('c1')
    expect(decisions.map(({ input, outcome }) => [input, outcome])).toEqual([
      [{ kind: 'decision', approval, grant: true, by: 'ada', note: 'by phone' }, 'passed'],
    ])
  })

  test('whoever spoke in a conversation does not decide in it', async () => {
    const told = await run(
      ['tell', 'c2/clerk', 'refund', 'order=B', 'amount=300', '--as', 'ada', ...DATA],
      {},
    )
    expect(told.code).toBe(0)
    const approval = await pendingOf('c2/clerk')
    const self = await run(['deny', approval, '--as', 'ada', ...DATA], {})
    expect([self.code, self.err]).toEqual([1, expect.stringContaining('has spoken in `c2`')])
  })

  test('as people of the fleet file only they speak, by name or by role', async () => {
    const said = (from: string, by: string) =>
      run(['tell', 's1/clerk', 'refund', 'order=S', 'amount=1', '--from', from, '--as', by, ...DATA], {})
    for (const from of ['ada', 'supervisor'])
      expect(await said(from, 'eve')).toMatchObject({
        code: 1,
        err: expect.stringContaining(`\`eve\` may not speak as \`${from}\``),
      })
    expect(await said('supervisor', 'bo')).toMatchObject({ code: 1 })
    expect(await said('supervisor', 'ada')).toMatchObject({ code: 0 })
    expect(await said('visitor', 'eve')).toMatchObject({ code: 0 })
  })

  test('shows an agent with what it waits for', async () => {
    await tell('c3/clerk', 'order=C', 'amount=400')
    await pendingOf('c3/clerk')
    const { out } = await run(['agents', 'c3/clerk', '--json', ...DATA], {})
    expect(JSON.parse(out)).toMatchObject({
      agent: 'c3/clerk',
      status: 'parked',
      context: {},
      parkedFor: 'supervisor',
    })
    const [list] = await asked<{ agents: { agent: string }[] }>('agents', '--conversation', 'c3')
    expect(list?.agents.map(({ agent }) => agent)).toEqual(['c3/clerk'])
  })

  test('waits for what comes of a message: an answer, a refusal, a person', async () => {
    const said = (name: string, ...fields: readonly string[]) =>
      run(['tell', 'w1/clerk', name, ...fields, '--wait', '2.5', '--id', fields.join(), ...DATA], {})
    expect(await said('refund', 'order=A', 'amount=5')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/answered[\s\S]*\{"text":"refunded"\}/),
    })
    expect(await said('refnd', 'order=A', 'amount=6')).toMatchObject({
      code: 1,
      out: expect.stringContaining('did you mean `refund`?'),
    })
    expect(await said('refund', 'order=A', 'amount=700')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/waiting[\s\S]*for supervisor/),
    })
  })

  test('refuses what no agent can take, in words', async () => {
    const { code, err } = await run(['tell', 'c4/pilot', 'refund', ...DATA], {})
    expect([code, err]).toEqual([1, expect.stringContaining('no agent `pilot`; it has clerk')])
  })

  test('puts aside what an agent cannot do, to be looked at, tried again and dropped', async () => {
    await tell('d1/clerk', 'order=?', 'amount=1')
    const letters = async () =>
      (await asked<{ letters: { letter: string; agent: string; why: string }[] }>('dead'))[0]!.letters
    let found = await letters()
    while (found.length === 0) found = await letters()
    expect(found).toMatchObject([{ agent: 'd1/clerk', why: expect.stringContaining('no order is called') }])
    const { letter } = found[0]!
    const shown = await run(['dead', 'show', letter, ...DATA], {})
    expect(shown.out).toContain('"order": "?"')
    const again = await run(['dead', 'retry', letter, '--as', 'ada', ...DATA], {})
    expect([again.code, again.out]).toEqual([0, expect.stringContaining('failed')])
    expect(await run(['dead', 'drop', letter, ...DATA], {})).toMatchObject({ code: 1 })
  })

  test('remembers who asked for what', async () => {
    await run(['tell', 'c5/clerk', 'refund', 'order=E', 'amount=1', '--as', 'cleo', ...DATA], {})
    const { out } = await run(['logs', ...DATA], {})
    expect(out).toContain('cleo told c5/clerk `refund`')
  })

  test('says so when no daemon runs', async () => {
    const nobody = await run(['status', '--data', newRoot()], {})
    expect([nobody.code, nobody.err]).toEqual([1, expect.stringContaining('no fleet has run here')])
  })
})

describe('HTTP', () => {
  test('is alive and ready, and has figures', async () => {
    expect(await http('/healthz')).toEqual({ status: 200, text: 'alive\n' })
    expect(await http('/readyz')).toEqual({ status: 200, text: 'ready\n' })
    expect((await http('/metrics')).text).toMatch(/^parapet_up 1$/m)
  })

  test('acts for a person with a token only', async () => {
    await tell('h1/clerk', 'order=H', 'amount=500')
    const approval = await pendingOf('h1/clerk')
    const act = (headers: Record<string, string>, body = '{"note":"no receipt"}') =>
      http(`/approvals/${approval}/deny`, { method: 'POST', headers, body })
    expect((await act({})).status).toBe(401)
    expect((await act({ authorization: 'Bearer wrong' })).status).toBe(401)
    expect((await act(ADA, 'no JSON')).status).toBe(400)
    expect((await act(ADA, ' '.repeat(300_000))).status).toBe(413)
    expect(await act(ADA)).toMatchObject({ status: 200, text: expect.stringContaining('"outcome":"denied') })
    expect(await act(ADA), 'the same again').toMatchObject({ status: 200 })
  })
})

test('NATS tools see the service, and may ask it', async () => {
  const nc = await connect({ servers: `127.0.0.1:${serverPort(root, 'refunds')}` })
  try {
    const ping = (await nc.request('$SRV.PING.parapet-refunds', '')).json<Record<string, string>>()
    expect(ping).toMatchObject({ type: 'io.nats.micro.v1.ping_response', name: 'parapet-refunds' })
    const info = (await nc.request(`$SRV.INFO.parapet-refunds.${ping['id']}`, '')).json<{
      endpoints: { name: string }[]
    }>()
    expect(info.endpoints.map(({ name }) => name)).toContain('decide')
    await tell('n1/clerk', 'order=N', 'amount=600')
    const approval = await pendingOf('n1/clerk')
    const decide = (grant: boolean) =>
      nc.request('refunds.control.decide.ada', JSON.stringify({ approval, grant, note: 'by message' }))
    const granted = (await decide(true)).json<{ answer: object }>()
    expect(granted.answer).toMatchObject({ kind: 'decided', approval, outcome: 'passed' })
    expect((await decide(true)).json(), 'the same again').toMatchObject({ answer: granted.answer })
    expect((await decide(false)).json()).toMatchObject({ answer: { kind: 'refused', code: 'too-late' } })
    const wrong = await nc.request(`refunds.control.decide.${encodeToken('ada b.')}`, '{"approval":7}')
    expect(wrong.headers?.get('Nats-Service-Error-Code')).toBe('400')
    const stats = (await nc.request('$SRV.STATS', '')).json<{
      endpoints: { name: string; num_errors: number }[]
    }>()
    expect(stats.endpoints.find(({ name }) => name === 'decide')?.num_errors).toBeGreaterThan(0)
  } finally {
    await nc.close()
  }
})

test('drain ends the daemon cleanly, and it goes on from there', async () => {
  const following = start(['logs', '--follow', ...DATA], {})
  await following.said('told')
  expect((await run(['drain', ...DATA], {})).code).toBe(0)
  expect((await daemon.ended).code).toBe(0)
  expect(await run(['approvals', ...DATA], {})).toMatchObject({
    code: 1,
    err: expect.stringContaining('no daemon runs the fleet `refunds`'),
  })
  daemon = start(['up', REFUNDS, ...DATA], {})
  await daemon.said('goes on from')
  await daemon.said('runs until')
  expect(await pendingOf('c3/clerk')).toMatch(/^p\d/)
  const followed = await following.ended
  expect([followed.code, followed.err], 'who follows is told').toEqual([
    1,
    expect.stringMatching(/^error\[D0047\]/),
  ])
})

test('of several daemons each answers for what it serves', async () => {
  const env = { NATS_URL: `nats://127.0.0.1:${serverPort(root, 'refunds')}` }
  const second = start(['up', REFUNDS, '--data', newRoot()], env)
  await second.said('serves 1 of 2 partitions')
  await daemon.said('serves 1 of 2 partitions')
  const ask = (...args: readonly string[]) => run([...args, '--fleet', 'refunds'], env)
  const told = await Promise.all(
    ['t1', 't2', 't3', 't4'].map((id) => ask('tell', `${id}/clerk`, 'refund', 'order=T', 'amount=1')),
  )
  expect(told.map(({ code, err }) => [code, err])).toEqual(Array(4).fill([0, '']))
  expect(told.map(({ out }) => out.trim().split('\n').length)).toEqual([1, 1, 1, 1])
  const { out } = await ask('status', '--json')
  const served = (JSON.parse(out) as { status: { partitions: number[] } }[]).map(
    ({ status }) => status.partitions,
  )
  expect(served.flat().toSorted()).toEqual([0, 1])
  second.child.kill('SIGTERM')
  expect((await second.ended).code).toBe(0)
})
