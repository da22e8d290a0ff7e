/**
 * The examples with a live model, started as their pages say: the command is taken from the page, and the model's address
 * is one on loopback that speaks OpenAI's wire. What keeps a model from answering is named on the screen, and what it was
 * to do is done without it.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '#dsl/judge/step.ts'
import { type Ended, type Env, newRoot, recordsOf, run, start } from '#runtime/daemon/operator.fixture.ts'
import type { Model } from '#runtime/models/model.ts'
import { scripted } from '#runtime/models/scripted.ts'
import { served } from '#runtime/models/served.fixture.ts'
import { type Asked, openAi, type Reply, type WireServer } from '#runtime/models/wires.fixture.ts'
import { scriptOf } from './07-support-triage/script.ts'
import { readTickets } from './07-support-triage/tickets.ts'

const tickets = readTickets(join(import.meta.dirname, '07-support-triage/data'))
const KEY = { PARAPET_MODEL_KEY: 'loopback' }

const open: WireServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function modelAt(model: Model, instead?: (asked: Asked, nth: number) => Reply | undefined) {
  const server = await served(model, instead)
  open.push(server)
  return server
}

/** The page's line with PARAPET_MODEL, its address replaced. */
async function asThePageSays(example: string, url: string, env: Env = KEY): Promise<Run> {
  const page = readFileSync(join(import.meta.dirname, example, 'README.md'), 'utf8')
  const [, address = '', command = ''] = /^\$ PARAPET_MODEL=(\S+) parapet (.+)$/m.exec(page) ?? []
  const [, model] = address.split('#')
  const root = newRoot()
  const ended = await run([...command.split(' '), '--data', root], {
    ...env,
    PARAPET_MODEL: `${url}#${model}`,
  })
  const [fleet = ''] = /fleet (\S+)/.exec(ended.out)?.slice(1) ?? []
  return {
    ...ended,
    root,
    book(name) {
      const text = readFileSync(join(root, fleet, 'world', `${name}.jsonl`), 'utf8')
      return text.split('\n').flatMap((line): JsonObject[] => (line === '' ? [] : [JSON.parse(line)]))
    },
  }
}

interface Run extends Ended {
  readonly root: string
  /** What the example's world has written. */
  book(name: string): JsonObject[]
}

/** The front desk has no customers of its own: one question is told to it from outside. */
async function askedAtTheDesk(url: string) {
  const root = newRoot()
  const env = { ...KEY, PARAPET_MODEL: `${url}#m` }
  const up = start(['up', 'examples/05-live-model/fleet.ts', '--data', root], env)
  await up.said('runs until it is told to stop')
  const told = await run(['tell', 'c-1/desk', 'question', 'text=How long?', '--wait', '20', '--data', root])
  up.child.kill('SIGTERM')
  const { out } = await up.ended
  return { root, told: told.out, out }
}

const textOf = ({ messages }: Parameters<Model['generate']>[0]): string =>
  messages[0]?.role === 'user' ? messages[0].text : ''

/** Says the first of the passages it is shown. */
const guide = scripted('guide', (request) => `I would go here: ${textOf(request).split('\n')[1]}`)

/** Two texts are the same event when they are spelled alike. */
const coder = scripted('coder', (request) => {
  const [text, others] = ['text', 'compared with'].map((name) =>
    JSON.parse(new RegExp(`^${name}: (.*)$`, 'm').exec(textOf(request))?.[1] ?? 'null'),
  )
  return JSON.stringify({ score: others[0] === text ? 1 : 0.2, reason: 'by its spelling' })
})

describe('with a live model', () => {
  test('support triage answers each ticket once, and pays what is granted', async () => {
    const server = await modelAt(scriptOf(tickets))
    const { code, out, book } = await asThePageSays('07-support-triage', server.url)
    expect(out).toContain('9 of 9 conversations ended')
    expect(out).not.toMatch(/M000\d/)
    expect(code).toBe(0)
    expect(book('answers').map(({ conversation }) => conversation)).toHaveLength(9)
    expect(book('refunds').map(({ amount }) => amount)).toHaveLength(3)
    expect(server.asked[0]).toMatchObject({
      headers: { authorization: 'Bearer loopback' },
      body: { model: 'llama3.2' },
    })
  })

  test('the city guide has passages put into words, and cites them', async () => {
    const server = await modelAt(guide)
    const { code, book } = await asThePageSays('08-city-guide', server.url)
    expect(code).toBe(0)
    expect(book('answers')).toHaveLength(12)
    for (const { text } of book('answers')) expect(text).toMatch(/^I would go here: .*\[P-\d+\]$/s)
  })

  test('trial data is compared by the model, and its scores and reasons stand in the log', async () => {
    const server = await modelAt(coder)
    const { code, root, book } = await asThePageSays('09-trial-data', server.url)
    expect(code).toBe(0)
    const keys = [...book('accepted'), ...book('returned')].map(({ key }) => key)
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys).toHaveLength(494)
    const found = (await recordsOf(root)).flatMap(({ turns }) =>
      turns.flatMap(({ input }) => (input.kind === 'found' ? Object.values(input.evidence) : [])),
    )
    expect(found.length).toBe(server.asked.length)
    expect(found).toContainEqual({
      kind: 'found',
      value: { score: 1, model: 'openai-compatible.chat/llama3.2', reason: 'by its spelling' },
    })
  })

  test('the front desk’s sentences are streamed, and each goes out when it is judged', async () => {
    const server = await modelAt(scripted('desk', () => 'Two days. Three at most.'))
    const { told, root } = await askedAtTheDesk(server.url)
    expect(told).toContain('Two days.')
    expect(server.asked[0]?.body).toMatchObject({ stream: true })
    const answers = (await recordsOf(root)).flatMap(({ turns }) =>
      turns.flatMap(({ effects = [] }) => effects.filter(({ kind }) => kind === 'answer')),
    )
    expect(answers).toMatchObject([
      { fields: { text: 'Two days. ' } },
      { fields: { text: 'Three at most.' } },
    ])
    const spans = join(root, 'spans.jsonl')
    await run(['spans', spans, '--data', root])
    expect(readFileSync(spans, 'utf8')).toContain('"name":"chat openai-compatible.chat/m"')
  })
})

const HTML = { 'content-type': 'text/html; charset=utf-8' }

/** What goes wrong for each ticket whenever its number is named, and how the screen calls it. */
const WRONG: Readonly<Record<string, { readonly reply: Reply; readonly said: string }>> = {
  'T-01': {
    reply: openAi.error(401, 'Incorrect API key provided'),
    said: 'M0001 Model’s key is not taken: 401 Incorrect API key provided',
  },
  'T-02': {
    reply: { status: 404, headers: HTML, parts: ['<!doctype html><title>404</title>'] },
    said: 'M0002 No models at this address: 404 Not Found',
  },
  'T-03': {
    reply: { headers: HTML, parts: ['<!doctype html><title>Welcome</title>'] },
    said: 'M0002 No models at this address: a page for people came',
  },
  'T-04': {
    reply: openAi.error(404, 'The model `llama3.2` does not exist'),
    said: 'M0003 Model is not there: 404 The model `llama3.2` does not exist',
  },
  'T-05': {
    reply: openAi.error(429, 'slow down', { 'retry-after': '1' }),
    said: 'M0005 Model has too much to do: 429 slow down',
  },
  'T-06': {
    reply: { parts: ['{"choices": [{"mess'], ending: 'cut' },
    said: 'M0006 Model breaks off: the answer was cut off',
  },
  'T-07': {
    reply: openAi.error(400, 'this model takes no schema'),
    said: 'M0007 Model does not take a request: 400 this model takes no schema',
  },
}

describe('a model that cannot be had', () => {
  test('each failure has its code, place and help; a person answers those tickets, and the others go on', async () => {
    const askedOf = (asked: Asked) => /T-0\d/.exec(JSON.stringify(asked.body))?.[0] ?? ''
    let turnedAway = 0
    const server = await modelAt(scriptOf(tickets), (asked) => {
      const ticket = askedOf(asked)
      // Turned away once: it comes again, and nobody hears of it.
      if (ticket === 'T-09' && turnedAway++ === 0) return openAi.error(429, 'wait', { 'retry-after': '1' })
      return WRONG[ticket]?.reply
    })
    const { code, out, book } = await asThePageSays('07-support-triage', server.url)
    for (const { said } of Object.values(WRONG)) expect(out).toContain(said)
    expect(out).toContain(`(${server.url}#llama3.2). Set PARAPET_MODEL_KEY`)
    expect(out).not.toContain('429 wait')
    expect(code).toBe(0)
    const answers = new Map(book('answers').map(({ conversation, text }) => [conversation, text]))
    expect(answers.size).toBe(9)
    for (const ticket of Object.keys(WRONG)) expect(answers.get(ticket)).toContain('I have your letter here')
    expect(answers.get('T-09')).toContain('50 USD')
    expect(server.asked.filter((asked) => askedOf(asked) === 'T-05')).toHaveLength(3)
    expect(server.asked.filter((asked) => askedOf(asked) === 'T-01')).toHaveLength(1)
  })

  test('nobody listens there: the front desk answers in its own words', async () => {
    const server = await modelAt(guide)
    await server.close()
    const { told, out } = await askedAtTheDesk(server.url)
    expect(out).toContain('M0004 Model cannot be reached')
    expect(out).toContain('Start the server, or check host and port in PARAPET_MODEL.')
    expect(told).toContain('A colleague will answer you today.')
  })

  test('no verdict, no passing: records that a model was to compare are read by people', async () => {
    const server = await modelAt(coder, () => openAi.error(403, 'not for this key'))
    const { code, out, book } = await asThePageSays('09-trial-data', server.url)
    expect(out).toContain('M0001 Model’s key is not taken: 403 not for this key')
    expect(code).toBe(0)
    expect([...book('accepted'), ...book('returned')]).toHaveLength(494)
    // Who reports the same words later rests on what was read.
    const wordings = (rows: JsonObject[]) =>
      new Set(rows.map(({ reported, coded }) => JSON.stringify([reported, coded])))
    const accepted = book('accepted')
    expect(wordings(accepted)).toEqual(wordings(accepted.filter(({ read }) => read === true)))
  })
})
