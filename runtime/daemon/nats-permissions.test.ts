/** A real server with the users that `parapet nats-permissions` makes: each can do its part, and nothing beside. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { type NatsConnection, PermissionViolationError } from '@nats-io/nats-core'
import { connect } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tellSubject } from '#runtime/control/service.ts'
import { partitionOf } from '#runtime/fleet/address.ts'
import { credentialsIn } from '#runtime/log/credentials.ts'
import { wrap } from '#runtime/log/envelope.ts'
import { freePort, greetingAt } from '#runtime/log/nats-server/probe.ts'
import { scratchBinary } from '#runtime/log/nats-server/scratch.ts'
import { subjectsOf } from '#runtime/log/subjects.ts'
import { CONFIG } from './nats-permissions.ts'
import { DESK, newRoot, put, REFUNDS, type Running, run, start } from './operator.fixture.ts'

const READY_TRIES = 200

describe.each([
  { form: '--config', ending: 'nk' },
  { form: '--jwt', ending: 'creds' },
])('a server with permissions by $form', ({ form, ending }) => {
  const root = newRoot()
  const out = join(root, 'users')
  const subjects = subjectsOf('refunds')
  const file = (user: string) => join(out, `${user}.${ending}`)
  const opened: NatsConnection[] = []
  let server: ChildProcess
  let daemon: Running
  let url = ''

  const parapet = (user: string, ...words: string[]) =>
    run([...words, '--fleet', 'refunds'], { NATS_URL: url, NATS_CREDS: file(user) })

  async function as(user: string): Promise<NatsConnection> {
    const nc = await connect({ servers: url, ...credentialsIn(readFileSync(file(user), 'utf8')) })
    opened.push(nc)
    return nc
  }

  /** Subjects of what the server did not let through, in the order it says so. */
  async function refusals(nc: NatsConnection, act: () => void, count: number): Promise<string[]> {
    const subjects: string[] = []
    const statuses = nc.status()
    act()
    for await (const status of statuses) {
      if (status.type !== 'error' || !(status.error instanceof PermissionViolationError)) continue
      subjects.push(status.error.subject)
      if (subjects.length === count) break
    }
    return subjects
  }

  beforeAll(async () => {
    const made = await run(['nats-permissions', REFUNDS, form, '--out', out])
    expect(made.err).toBe('')
    const port = (await freePort())!
    url = `nats://127.0.0.1:${port}`
    const config = put(
      root,
      'server.conf',
      `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${root}/store" }\ninclude "users/${CONFIG}"\n`,
    )
    server = spawn(await scratchBinary(), ['--config', config], { stdio: 'ignore' })
    for (let tries = 0; tries < READY_TRIES && !(await greetingAt(port)); tries++) await wait(20)
    daemon = start(['up', REFUNDS, '--data', join(root, 'data')], {
      NATS_URL: url,
      NATS_CREDS: file('daemon'),
    })
    await daemon.said('runs until')
  })

  afterAll(async () => {
    await Promise.all(opened.map((nc) => nc.close()))
    daemon.child.kill('SIGTERM')
    await daemon.ended
    server.kill('SIGKILL')
  })

  test('what is secret is readable by its owner only', () => {
    for (const user of ['daemon', 'reader', 'operator-ada', 'agent-clerk', 'client-customer'])
      expect(statSync(file(user)).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(out, CONFIG), 'utf8')).not.toMatch(/\bS[UAO][A-Z2-7]{56}\b/)
  })

  test('made again, the files are the same keys', async () => {
    const before = readFileSync(join(out, 'client-customer.nk'), 'utf8')
    await run(['nats-permissions', REFUNDS, form, '--out', out])
    expect(readFileSync(join(out, 'client-customer.nk'), 'utf8')).toBe(before)
  })

  test('a client tells what it may, a person asks under their own name, a reader reads the log', async () => {
    const told = await parapet(
      'client-customer',
      'tell',
      'c1/clerk',
      'refund',
      'order=A-1',
      'amount=20',
      '--as',
      'customer',
    )
    expect(told.err).toBe('')
    const status = await parapet('operator-ada', 'status', '--as', 'ada')
    expect(status.out).toContain('refunds  ready')
    const traced = await parapet('reader', 'trace', 'c1', '--data', join(root, 'data'))
    expect(traced.out).toContain('clerk receives refund from customer')
  })

  test('nobody asks under another name, and a client asks nothing but to be heard', async () => {
    for (const [user, name] of [
      ['operator-ada', 'bo'],
      ['client-customer', 'customer'],
      ['agent-clerk', 'clerk'],
    ] as const) {
      const ended = await parapet(user, 'status', '--as', name)
      expect(ended.err).toContain(`does not let these credentials ask \`status\` as \`${name}\``)
    }
  })

  test('neither agents nor clients nor readers write inboxes or slots, or listen to them', async () => {
    const inbox = subjects.inbox(partitionOf('c1', 2), 'c1/clerk')
    const forbidden = [
      inbox,
      subjects.slot(0, 1_000),
      subjects.meta,
      subjects.lease('x'),
      '$JS.API.STREAM.DELETE.refunds-log',
    ]
    for (const user of ['agent-clerk', 'client-customer', 'reader', 'operator-ada']) {
      const nc = await as(user)
      const body = wrap('p1', 1, new Uint8Array())
      const act = () => {
        for (const subject of forbidden) nc.publish(subject, body)
      }
      expect(await refusals(nc, act, forbidden.length)).toEqual(forbidden)
      const listening = ['refunds.in.>', 'refunds.log.>', 'refunds.control.>', '_INBOX.>']
      const listen = () => {
        for (const subject of listening) nc.subscribe(subject, { callback: () => {} })
      }
      expect(await refusals(nc, listen, listening.length)).toEqual(listening)
    }
    const reader = await jetstreamManager(await as('reader'))
    expect((await reader.streams.info(subjects.logStream)).state.subjects).toBeUndefined()
  })

  test('a client speaks for nobody else: neither by the subject nor by what the message says', async () => {
    const customer = await as('client-customer')
    const asBo = tellSubject('refunds', 'bo', 'customer', 'clerk')
    const asClerk = tellSubject('refunds', 'customer', 'clerk', 'clerk')
    const act = () => {
      for (const subject of [asBo, asClerk]) customer.publish(subject, '{}')
    }
    expect(await refusals(customer, act, 2)).toEqual([asBo, asClerk])
    const lie = {
      id: '9',
      conversation: 'c9',
      to: 'clerk',
      message: 'refund',
      from: 'supervisor',
      fields: {},
    }
    const mine = tellSubject('refunds', 'customer', 'customer', 'clerk')
    const heard = await customer.request(mine, JSON.stringify(lie), { timeout: 5_000 })
    expect(heard.json()).toMatchObject({ answer: { kind: 'refused', code: 'forbidden' } })
  })
})

test('the whole desk runs on a server where its daemon has its own rights only', async () => {
  const root = newRoot()
  await run(['nats-permissions', DESK, '--out', join(root, 'users')])
  const port = (await freePort())!
  const config = put(
    root,
    'server.conf',
    `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${root}/store" }\ninclude "users/${CONFIG}"\n`,
  )
  const server = spawn(await scratchBinary(), ['--config', config, '--log', join(root, 'server.log')], {
    stdio: 'ignore',
  })
  try {
    for (let tries = 0; tries < READY_TRIES && !(await greetingAt(port)); tries++) await wait(20)
    const env = { NATS_URL: `nats://127.0.0.1:${port}`, NATS_CREDS: join(root, 'users/daemon.nk') }
    const ended = await run(['up', DESK, '--once', '--data', root], {
      ...env,
      DESK_CONVERSATIONS: '3',
      DESK_PACE_MS: '10',
    })
    expect(ended).toMatchObject({ code: 0, err: '' })
    expect(readFileSync(join(root, 'server.log'), 'utf8')).not.toContain('Violation')
  } finally {
    server.kill('SIGKILL')
  }
})
