/** Who may say which policies a fleet runs: Ed25519 signatures over bundles, by keys the fleet file names. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { type Bundle, signedBytes } from './bundle.ts'

/** Public keys by the names of those who hold the private ones; base64 of the SPKI form. */
export type Trust = Readonly<Record<string, string>>

export interface KeyPair {
  /** For the fleet file's `trust`. */
  readonly publicKey: string
  /** PEM, for whoever deploys, and nobody else. */
  readonly privateKey: string
}

export function generateKeys(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** Undefined when the text is no Ed25519 private key. */
export function signBundle(bundle: Bundle, by: string, privateKey: string): Bundle | undefined {
  const key = attempt(() => createPrivateKey(privateKey))
  if (key?.asymmetricKeyType !== 'ed25519') return undefined
  return { ...bundle, signature: { by, value: sign(null, signedBytes(bundle), key).toString('base64') } }
}

/** Undefined when the text is no Ed25519 public key. */
export function publicKeyOf(text: string): KeyObject | undefined {
  const key = attempt(() =>
    createPublicKey({ key: Buffer.from(text, 'base64'), type: 'spki', format: 'der' }),
  )
  return key?.asymmetricKeyType === 'ed25519' ? key : undefined
}

/** Why the bundle may not be used here; undefined when it may. `unsigned`: one without a signature is let in. */
export function whyNotTrusted(bundle: Bundle, trust: Trust, unsigned: boolean): string | undefined {
  const { signature } = bundle
  if (signature === undefined) {
    if (unsigned) return undefined
    return 'the bundle is not signed: sign it with `--key FILE`, or say `--unsigned` to a fleet that runs in development'
  }
  const known = Object.hasOwn(trust, signature.by) ? trust[signature.by] : undefined
  if (known === undefined)
    return `the bundle is signed by \`${signature.by}\`, whom the fleet file does not trust; it trusts ${Object.keys(trust).join(', ') || 'nobody'}`
  const key = publicKeyOf(known)
  const value = Buffer.from(signature.value, 'base64')
  if (key && verify(null, signedBytes(bundle), key, value)) return undefined
  return `the signature of \`${signature.by}\` does not fit the bundle: it was changed after signing, or signed with another key`
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
