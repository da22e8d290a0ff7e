/**
 * The same users as decentralised JWTs: an operator's, whom the server trusts; an account's, which holds the fleet; a
 * system account's, which the server wants beside it; and one for each user, signed by the account.
 */
import { encodeAccount, encodeOperator, encodeUser, fmtCreds } from '@nats-io/jwt'
import { createAccount, createOperator, fromSeed, type KeyPair } from '@nats-io/nkeys'
import type { KeyedUser } from './keys.ts'
import { ANSWER_TTL_S } from './server-config.ts'

export const AUTHORITIES = ['operator', 'system', 'account'] as const
export type Authority = (typeof AUTHORITIES)[number]

export interface Tokens {
  /** To be included in the server's configuration. */
  readonly config: string
  /** What each user connects with, by their names: the JWT and the seed in one text. */
  readonly credentials: ReadonlyMap<string, string>
  /** Who sign: kept to sign again when the policy changes, away from the server. */
  readonly seeds: Readonly<Record<Authority, string>>
}

const UNLIMITED = -1
const NS_PER_S = 1_000_000_000

/** `seeds` of an earlier time; new ones are made for what is missing. */
export async function tokensOf(
  fleet: string,
  users: readonly KeyedUser[],
  seeds: Partial<Record<Authority, string>>,
): Promise<Tokens> {
  const operator = pairOf(seeds.operator, createOperator)
  const system = pairOf(seeds.system, createAccount)
  const account = pairOf(seeds.account, createAccount)
  const operatorToken = await encodeOperator(`parapet-${fleet}`, operator, {
    system_account: system.getPublicKey(),
  })
  const systemToken = await encodeAccount('SYS', system, {}, { signer: operator })
  const accountToken = await encodeAccount(
    fleet,
    account,
    {
      limits: {
        ...ANY_NUMBER,
        mem_storage: UNLIMITED,
        disk_storage: UNLIMITED,
        streams: UNLIMITED,
        consumer: UNLIMITED,
      },
    },
    { signer: operator },
  )
  const credentials = new Map<string, string>()
  for (const user of users) {
    const pair = fromSeed(new TextEncoder().encode(user.seed))
    const token = await encodeUser(user.name, pair, account, {
      pub: rights(user.publish),
      sub: rights(user.hears),
      ...(user.answers ? { resp: { max: 1, ttl: ANSWER_TTL_S * NS_PER_S } } : {}),
      subs: UNLIMITED,
      data: UNLIMITED,
      payload: UNLIMITED,
    })
    credentials.set(user.name, new TextDecoder().decode(fmtCreds(token, pair)))
  }
  return {
    config: [
      `# Who is trusted with the fleet ${fleet}. Made by \`parapet nats-permissions --jwt\`.`,
      `operator: ${operatorToken}`,
      `system_account: ${system.getPublicKey()}`,
      'resolver: MEMORY',
      'resolver_preload: {',
      `  ${system.getPublicKey()}: ${systemToken}`,
      `  ${account.getPublicKey()}: ${accountToken}`,
      '}',
      '',
    ].join('\n'),
    credentials,
    seeds: { operator: seedOf(operator), system: seedOf(system), account: seedOf(account) },
  }
}

/** Of an account; the users' rights are what bounds it. */
const ANY_NUMBER = {
  subs: UNLIMITED,
  data: UNLIMITED,
  payload: UNLIMITED,
  conn: UNLIMITED,
  leaf: UNLIMITED,
  imports: UNLIMITED,
  exports: UNLIMITED,
  wildcards: true,
}

function rights(subjects: readonly string[]): { allow: string[] } | { deny: string[] } {
  return subjects.length === 0 ? { deny: ['>'] } : { allow: [...subjects] }
}

function pairOf(seed: string | undefined, create: () => KeyPair): KeyPair {
  return seed === undefined ? create() : fromSeed(new TextEncoder().encode(seed))
}

function seedOf(pair: KeyPair): string {
  return new TextDecoder().decode(pair.getSeed())
}
