import { expect, test } from 'vitest'
import { generateKeys } from '#runtime/deploy/signature.ts'
import { wrongSettings } from './fleet-settings.ts'

const agents = { clerk: { machine: {} } }

test.each([
  [
    { agents: { clerk: { supervision: { onFailure: 'again' } } } },
    "`onFailure` must be 'retry' or 'restart'",
  ],
  [{ agents: { clerk: { supervision: { onFailure: 'retry', tries: 3 } } } }, 'no setting `tries`'],
  [{ agents: { clerk: { supervision: { onFailure: 'retry', triesMax: 0 } } } }, 'a whole number from 1'],
  [{ agents, partitons: 2 }, 'the fleet has no setting `partitons`; did you mean `partitions`?'],
  [{ agents: { clerk: { machine: {}, supervison: {} } } }, 'did you mean `supervision`?'],
  [{ agents, people: { ada: { roles: [], token: 'x' } } }, '`ada` has no setting `token`'],
  [{ agents, keeping: { awake: 3 } }, '`keeping` has no setting `awake`'],
  [{ agents, keeping: { awakeMax: -1 } }, 'a whole number from 1'],
  [{ agents, directory: { roleOf: () => [] } }, 'did you mean `rolesOf`?'],
  [{ agents, escalateTo: 'boss' }, 'which is no agent of the fleet'],
  [{ agents, people: { ada: {} } }, '`ada` needs `roles`'],
  [{ agents, people: { ada: { roles: ['x'], tokenSha256: 'secret' } } }, '64 hex digits'],
  [{ agents, executors: { pay: { timeout: 3 } } }, 'no setting `timeout`'],
  [{ agents, executors: { pay: { breaker: { failuresMax: 3 } } } }, 'needs `withinMs`'],
  [{ agents, trust: { ada: 'MCowBQ==' } }, 'the key of `ada` is no Ed25519 public key'],
  [{ agents, reminders: { everyMs: 1_000 } }, 'needs `most`'],
  [{ agents, memory: { searchesKeptMs: 0 } }, 'a whole number from 1'],
  [{ agents, memory: { keptMs: { claim: 5 } } }, '`keptMs` of `claim` must be a whole number from 60000'],
  [{ agents, memory: { at: '' } }, '`at` must be a text'],
  [{ agents, memory: { at: 's3://b', storage: { key: 1 } } }, '`storage` must be texts'],
])('%j is refused: %s', (definition, words) => {
  expect(wrongSettings(definition)).toContain(words)
})

test('what is well written, or not there, is fine', () => {
  expect(wrongSettings({ agents })).toBeUndefined()
  expect(
    wrongSettings({
      agents: { clerk: { supervision: { onFailure: 'restart', triesMax: 2 } } },
      people: { ada: { roles: ['supervisor'] } },
      executors: { pay: { timeoutMs: 10, breaker: { failuresMax: 3, withinMs: 1, restMs: 1 } } },
      trust: { ada: generateKeys().publicKey },
      reminders: { everyMs: 1_000, most: 2 },
      memory: {
        searchesKeptMs: 1_000,
        keptMs: { claim: 86_400_000 },
        at: 's3://bucket/memory',
        storage: { aws_region: 'eu' },
      },
      escalateTo: 'clerk',
    }),
  ).toBeUndefined()
})
