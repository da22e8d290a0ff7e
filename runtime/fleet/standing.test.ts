import { expect, test } from 'vitest'
import { createJudge } from '#dsl/judge/create.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { agents, till, VOCABULARY } from './desk.fixture.ts'
import { startFleet } from './fleet.fixture.ts'
import { PartitionState } from './partition-state.ts'
import { replayTurn } from './replay.ts'
import { directoryOf } from './standing.ts'

const POLICY = `${VOCABULARY}
rule "Members order" { when clerk receives order and not (sender has role "member") then deny }
rule "Tellers pay" { when clerk calls pay and not (actor has role "teller") then deny }
rule "Not for the frozen" { when clerk calls pay and tenant is "frozen" then deny }`

const directory = {
  tenantOf: (conversation: string) => (conversation === 'c2' ? 'frozen' : 'acme'),
  rolesOf: (identity: string) =>
    identity.endsWith('/clerk') ? ['teller'] : identity === 'customer' ? ['member'] : undefined,
}

test('steps carry the roles and the tenant that the directory gives, and the record keeps them', async () => {
  const { done, pay } = till()
  const under = await startFleet({ policy: POLICY, agents, directory, world: { tools: { pay } } })
  await under.tell('c1', 'clerk', 'order', { amount: 5 })
  await under.tell('c2', 'clerk', 'order', { amount: 7 })
  expect([...done.values()]).toEqual([{ amount: 5 }])
  const [first] = under.turns('c1/clerk').filter(({ input }) => input.kind === 'message')
  expect(first!.standing).toEqual({ roles: ['teller'], senderRoles: ['member'], tenant: 'acme' })
  // Without the directory, by what was written down.
  const { plan } = compile(source(`policy "Test" version 1\n${POLICY}`, 'test.parapet'))
  const { differences } = replayTurn(createJudge(plan!), new PartitionState(), first!)
  expect(differences).toEqual([])
})

test('a fleet without a directory knows nobody, and what asks is refused', async () => {
  const { done, pay } = till()
  const under = await startFleet({ policy: POLICY, agents, world: { tools: { pay } } })
  await under.tell('c1', 'clerk', 'order', { amount: 5 })
  expect(done.size).toBe(0)
  expect(under.turns('c1/clerk').map(({ outcome }) => outcome)).toContain('refused')
})

test('people have the roles the fleet lists, unless the directory says otherwise', () => {
  const fleet = { name: 'f', policy: '', agents: {}, world: () => ({ tools: {} }) }
  const people = { ann: { roles: ['boss'] }, bob: { roles: ['clerk'] } }
  const rolesOf = (who: string) => (who === 'bob' ? ['teller'] : undefined)
  const known = directoryOf({ ...fleet, people, directory: { rolesOf } })
  expect(['ann', 'bob', 'toString'].map((who) => known?.rolesOf?.(who))).toEqual([
    ['boss'],
    ['teller'],
    undefined,
  ])
  expect(directoryOf(fleet)).toBeUndefined()
})
