/** Who connects to a server: a file with a user's JWT and seed (`.creds`), or with the seed alone (`.nk`). */
import { type Authenticator, credsAuthenticator, nkeyAuthenticator, nkeys } from '@nats-io/nats-core'

export interface Credentials {
  readonly authenticator: Authenticator
  /** Answers reach this user below here and nowhere else, so that nobody else can be let in to hear them. */
  readonly inboxPrefix: string
}

const SEED = /\bSU[A-Z2-7]{56}\b/

/** `undefined`: the text holds no user's seed. */
export function credentialsIn(text: string): Credentials | undefined {
  const seed = SEED.exec(text)?.[0]
  if (seed === undefined) return undefined
  const bytes = new TextEncoder().encode(seed)
  try {
    const inboxPrefix = inboxPrefixOf(nkeys.fromSeed(bytes).getPublicKey())
    const hasToken = text.includes('NATS USER JWT')
    const authenticator = hasToken
      ? credsAuthenticator(new TextEncoder().encode(text))
      : nkeyAuthenticator(bytes)
    return { authenticator, inboxPrefix }
  } catch {
    return undefined
  }
}

/** Of the user whose public key this is. */
export function inboxPrefixOf(publicKey: string): string {
  return `_INBOX_${publicKey}`
}
