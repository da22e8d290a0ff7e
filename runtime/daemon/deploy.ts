/** `parapet deploy` and `parapet rollback`: what is done before a daemon is asked, and how all partitions are brought along. */
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { Plan } from '#dsl/plan/plan.ts'
import { type Brought, bringAll as bringEach, standingNow } from '#runtime/control/rolling.ts'
import { type Bundle, readBundle } from '#runtime/deploy/bundle.ts'
import type { Making, Standing } from '#runtime/deploy/next.ts'
import { openBundle } from '#runtime/deploy/open-bundle.ts'
import type { Rollout } from '#runtime/deploy/rollout.ts'
import { signBundle } from '#runtime/deploy/signature.ts'
import { testBundle } from './bundle-tests.ts'
import { systemClock } from './clock.ts'
import { loadPolicy } from './load-policy.ts'
import { makeBundle } from './make-bundle.ts'
import type { Paint } from './paint.ts'
import { type Problem, problem } from './problem.ts'
import type { Reached } from './reach.ts'
import { testPolicy } from './test-policies.ts'

export interface SigningKey {
  readonly file: string
  readonly by: string
}

export type Made =
  | { readonly kind: 'made'; readonly bundle: Bundle; readonly plan: Plan; readonly tests: number }
  | Problem

/** From a policy file, tested, or from a bundle that was made before. */
export async function bundleOf(path: string, key: SigningKey | undefined, paint: Paint): Promise<Made> {
  const made = path.endsWith('.json') ? bundleIn(path) : await tested(path, paint)
  if (made.kind === 'problem' || key === undefined) return made
  const text = existsSync(key.file) ? readFileSync(key.file, 'utf8') : ''
  const bundle = signBundle(made.bundle, key.by, text)
  if (bundle) return { ...made, bundle }
  return problem('D0090', `${key.file} holds no Ed25519 private key`, {
    where: key.file,
    help: 'make one with `parapet keys`',
  })
}

async function tested(path: string, paint: Paint): Promise<Made> {
  const policy = await loadPolicy(path, paint.isColorSupported)
  if (policy.kind === 'problem') return policy
  const { tests, wrong } = await testPolicy(path, {}, paint)
  const failed = tests.filter(({ result }) => result.kind === 'failed')
  if (failed.length + wrong.length > 0)
    return problem('D0090', `${failed.length} of ${tests.length} tests of ${policy.file} fail`, {
      where: policy.file,
      detail: [...failed.map(({ result }) => result.test.name), ...wrong.map(({ message }) => message)].join(
        '\n',
      ),
      help: `look at them with \`parapet test ${policy.file}\`; nothing was deployed`,
    })
  const bundle = makeBundle(policy, path)
  const opened = openBundle(bundle)
  if (opened.kind === 'refused') return problem('D0090', opened.message, { where: policy.file })
  return { kind: 'made', bundle, plan: opened.plan, tests: tests.length }
}

function bundleIn(path: string): Made {
  const fault = (why: string) =>
    problem('D0090', `${path} ${why}`, { where: path, help: 'make one with `parapet bundle POLICY`' })
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    return fault(`cannot be read: ${(cause as Error).message}`)
  }
  const bundle = readBundle(value)
  if (!bundle) return fault('is no bundle')
  const opened = openBundle(bundle)
  if (opened.kind === 'refused') return fault(`is refused: ${opened.message}`)
  const { tests, failed } = testBundle(bundle, opened.plan)
  return failed.length === 0
    ? { kind: 'made', bundle, plan: opened.plan, tests }
    : fault(`fails ${failed.length} of its ${tests} tests: ${failed.join('; ')}`)
}

export type Seen = { readonly kind: 'standing'; readonly standing: Standing } | Problem

/** What judges now, by the newest rollout any partition has. */
export async function lookAt(on: Reached): Promise<Seen> {
  return (
    (await standingNow<Problem>((ask) => on.ask(ask))) ??
    problem('D0047', 'no daemon of the fleet is ready yet')
  )
}

export function making(by: string): Making {
  return { id: randomUUID(), by, at: Date.now() }
}

/** Tells every daemon, again and again until each partition has the rollout or a later one. */
export async function bringAll(
  on: Reached,
  rollout: Rollout,
  bundles: readonly Bundle[],
  unsigned: boolean,
): Promise<Brought | Problem> {
  const done = await bringEach<Problem>((ask) => on.ask(ask), rollout, bundles, unsigned, systemClock())
  if (done.kind === 'refused')
    return problem('D0091', done.message, { help: 'every partition it was refused by goes on as before' })
  if (done.kind === 'unserved')
    return problem('D0092', `partitions ${done.partitions.join(', ')} are served by nobody just now`, {
      help: 'the others have switched; a daemon that serves these brings them along (`parapet policies`)',
    })
  return done
}
