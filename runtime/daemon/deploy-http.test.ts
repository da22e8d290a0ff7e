/** A policy deployed and taken back over HTTP: who may, what is looked at, and what is too large. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ASK_BYTES_MAX } from '#runtime/control/asks.ts'
import { generateKeys } from '#runtime/deploy/signature.ts'
import { newRoot, put, REFUNDS, type Running, run, start } from './operator.fixture.ts'

const root = newRoot()
const { publicKey, privateKey } = generateKeys()
const key = put(root, 'ada.pem', privateKey)
const policy = join(REFUNDS, '../refunds.parapet')
const stricter = put(
  root,
  'refunds.parapet',
  `${readFileSync(policy, 'utf8')}\nrule "Small" { when clerk calls issue_refund and amount > 9_000 USD then deny }\n`,
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
  expect(done).toMatchObject({ status: 200, body: { rollout: { number: 2, standing: given.hash } } })
  const partitions = await judging()
  expect(done.body.partitions).toBe(partitions.length)
  expect(partitions.every(({ standing }) => standing === given.hash)).toBe(true)
  expect(await post('/deploy', { bundle: given })).toMatchObject({ status: 409 })
  const back = await post('/rollback', { why: 'too strict' })
  expect(back).toMatchObject({ status: 200, body: { rollout: { number: 3, why: 'too strict', by: 'ada' } } })
  expect((await judging()).some(({ standing }) => standing === given.hash)).toBe(false)
})
