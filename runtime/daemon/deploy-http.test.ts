/** A policy deployed and taken back over HTTP: who may, what is looked at, and what is too large. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ASK_BYTES_MAX } from '#runtime/control/asks.ts'
import type { Bundle } from '#runtime/deploy/bundle.ts'
import { generateKeys, signBundle } from '#runtime/deploy/signature.ts'
import { compilePolicy } from './compile-policy.ts'
import { makeBundle } from './make-bundle.ts'
import { newRoot, put, REFUNDS, type Running, run, start } from './operator.fixture.ts'
import { filesBeside } from './policy-files.ts'

const root = newRoot()
const { publicKey, privateKey } = generateKeys()
const key = put(root, 'ada.pem', privateKey)
const policy = join(REFUNDS, '../refunds.parapet')
const stricter = put(
  root,
  'refunds.parapet',
  `${readFileSync(policy, 'utf8')}\nrule "Small" { when clerk calls issue_refund and amount > 9_000 USD then deny }\n`,
)
const tested = put(
  root,
  'tested.parapet',
  `${readFileSync(stricter, 'utf8')}\ntest "nothing is paid" { when clerk calls issue_refund with order = "A-1", amount = 1 USD expect deny }\n`,
)
const harsh = put(
  root,
  'harsh.parapet',
  `${readFileSync(policy, 'utf8').split('\ntest ')[0]}\nrule "Nothing" { when clerk calls issue_refund then deny }\n`,
)
const fleet = put(
  root,
  'fleet.ts',
  `import fleet from ${JSON.stringify(REFUNDS)}
export default { ...fleet, policy: ${JSON.stringify(policy)}, trust: { ada: ${JSON.stringify(publicKey)} } }
`,
)
const bundle = join(root, 'bundle.json')
let daemon: Running
let base: string

beforeAll(async () => {
  const made = await run(['bundle', stricter, bundle, '--key', key, '--signed-by', 'ada'])
  expect([made.code, made.err], made.out).toEqual([0, ''])
  daemon = start(['up', fleet, '--data', root, '--http', '127.0.0.1:0'], {})
  await daemon.said('runs until')
  base = /control (http:\S+)/.exec(daemon.printed())![1]!
}, 30_000)

afterAll(async () => {
  daemon.child.kill('SIGTERM')
  await daemon.ended
})

async function post(path: string, body: unknown, token: string | null = 'ada-shows-this') {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` }
  const answer = await fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body) })
  const said = (await answer.json()) as { readonly partitions?: number }
  return { status: answer.status, body: said }
}

async function judging() {
  const { policies } = (await (await fetch(`${base}/policies`)).json()) as {
    policies: { partitions: { standing: string; rollout?: { number: number; by: string } }[] }
  }
  return policies.partitions
}

test('who shows no token, or another’s, deploys nothing, and neither does what is no bundle or too large', async () => {
  const given = JSON.parse(readFileSync(bundle, 'utf8'))
  expect((await post('/deploy', { bundle: given }, null)).status).toBe(401)
  expect((await post('/deploy', { bundle: given }, 'guessed')).status).toBe(401)
  expect((await post('/deploy', { bundle: { text: 'x' } })).status).toBe(400)
  expect((await post('/deploy', { bundle: given, stages: [{ stage: 'soon' }] })).status).toBe(400)
  expect((await post('/deploy', { bundle: given, bound: { changedMost: 2 } })).status).toBe(400)
  expect((await post('/deploy', { filler: 'x'.repeat(ASK_BYTES_MAX) })).status).toBe(413)
  expect((await post('/rollback', {})).status).toBe(404)
  expect((await judging()).every(({ rollout }) => rollout === undefined)).toBe(true)
})

test('a bundle that is not signed, or was changed after signing, is refused by every daemon', async () => {
  const given = JSON.parse(readFileSync(bundle, 'utf8'))
  const { signature: _, ...unsigned } = given
  expect(await post('/deploy', { bundle: unsigned })).toMatchObject({
    status: 403,
    body: { code: 'forbidden' },
  })
  const changed = { ...given, version: '99' }
  expect(await post('/deploy', { bundle: changed })).toMatchObject({
    status: 403,
    body: { code: 'forbidden' },
  })
  expect((await judging()).every(({ rollout }) => rollout === undefined)).toBe(true)
})

/** A bundle of what the command line would not make: its own tests fail. */
function bundled(file: string): Bundle {
  const loaded = compilePolicy(file, readFileSync(file, 'utf8'), false, filesBeside(file))
  if (loaded.kind === 'problem') throw new Error(loaded.message)
  return signBundle(makeBundle(loaded, file), 'ada', privateKey)!
}

test('one whose tests fail, or that would change more of what was recorded than its bound, is not even begun with', async () => {
  expect(await post('/deploy', { bundle: bundled(tested) })).toMatchObject({
    status: 422,
    body: { code: 'unfit', message: expect.stringContaining('nothing is paid') },
  })
  const wanted = ['tell', 'c1/clerk', 'refund', 'order=A-1', 'amount=20', '--wait', '20', '--data', root]
  expect(await run(wanted)).toMatchObject({ code: 0, out: expect.stringContaining('refunded') })
  const given = { bundle: bundled(harsh), bound: { changedMost: 0.1 } }
  expect(await post('/deploy', given)).toMatchObject({
    status: 422,
    body: { code: 'unfit', message: expect.stringMatching(/^1 of \d recorded verdicts would be others/) },
  })
  expect((await judging()).every(({ rollout }) => rollout === undefined)).toBe(true)
  const stages = [
    { stage: 'shadow', share: 0, forMs: 60_000 },
    { stage: 'enforce', share: 0 },
  ]
  const tried = await post('/deploy', { bundle: given.bundle, stages })
  expect(tried).toMatchObject({
    status: 200,
    body: {
      examined: {
        backtest: {
          kind: 'judged',
          changed: 1,
          examples: [
            { conversation: 'c1', was: 'allow', now: 'deny', because: [expect.stringMatching(/^Nothing/)] },
          ],
        },
      },
    },
  })
  expect((await post('/rollback', {})).status).toBe(200)
})

test('a signed one goes through its stages and judges everywhere; a rollback brings the former one back', async () => {
  const given = JSON.parse(readFileSync(bundle, 'utf8'))
  const stages = [
    { stage: 'shadow', share: 0, forMs: 60_000 },
    { stage: 'enforce', share: 0 },
  ]
  const tried = await post('/deploy', { bundle: given, stages, bound: { changedMost: 0.02 } })
  expect(tried).toMatchObject({
    status: 200,
    body: {
      kind: 'rolled',
      rollout: { by: 'ada', candidate: { stage: 'shadow', bound: { changedMost: 0.02 } } },
    },
  })
  const done = await post('/deploy', { bundle: given })
  expect(done).toMatchObject({ status: 200, body: { rollout: { standing: given.hash } } })
  const partitions = await judging()
  expect(done.body.partitions).toBe(partitions.length)
  expect(partitions.every(({ standing }) => standing === given.hash)).toBe(true)
  expect(await post('/deploy', { bundle: given })).toMatchObject({ status: 409 })
  const back = await post('/rollback', { why: 'too strict' })
  expect(back).toMatchObject({ status: 200, body: { rollout: { why: 'too strict', by: 'ada' } } })
  expect((await judging()).some(({ standing }) => standing === given.hash)).toBe(false)
})
