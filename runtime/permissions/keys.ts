/** Keys in NATS' text form. Seeds are secrets; what a server is given is public. */
import { createUser, fromSeed } from '@nats-io/nkeys'
import { inboxPrefixOf } from '#runtime/log/credentials.ts'
import type { User } from './users.ts'

/** A user with the key that proves who they are. */
export interface KeyedUser extends User {
  readonly seed: string
  readonly publicKey: string
  /** What it subscribes to, its own inbox among it. */
  readonly hears: readonly string[]
}

/** With the seed of an earlier time, or a new one. */
export function keyed(user: User, seed: string | undefined): KeyedUser {
  const pair = seed === undefined ? createUser() : fromSeed(new TextEncoder().encode(seed))
  const publicKey = pair.getPublicKey()
  return {
    ...user,
    seed: new TextDecoder().decode(pair.getSeed()),
    publicKey,
    hears: [...user.subscribe, `${inboxPrefixOf(publicKey)}.>`],
  }
}
