/**
 * A policy as it travels: its text, the texts of all it uses, the tables of its tests, the hash of what it means, and who
 * says that it may be used. Compiling it again must give that hash.
 */

export const BUNDLE_FORMAT = 1
/** As JSON: it stands in one record of every partition, beside at most one other, and travels in one question. */
export const BUNDLE_BYTES_MAX = 240_000

export interface Bundle {
  readonly format: typeof BUNDLE_FORMAT
  /** Of the plan: names this version in every record. */
  readonly hash: string
  /** As the policy calls itself. */
  readonly name: string
  readonly version: string
  /** Where the text stood, for messages. */
  readonly file: string
  readonly text: string
  /** What its `use` lines read, by the path as written. */
  readonly imported: Readonly<Record<string, string>>
  /** The tables of cases beside it, by their file's name. */
  readonly cases: Readonly<Record<string, string>>
  readonly signature?: Signature
}

export interface Signature {
  /** Who signed, as the fleet's list of trusted keys calls them. */
  readonly by: string
  /** Ed25519 over `signedBytes`, base64. */
  readonly value: string
}

/** SHA-256 of a plan, in hex. */
export function isPolicyHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

/** What is signed: all but the signature itself, keys in order of their names. */
export function signedBytes({ signature: _, ...bundle }: Bundle): Uint8Array {
  return new TextEncoder().encode(canonical(bundle))
}

/** A bundle as it came over the wire or out of a file. */
export function readBundle(value: unknown): Bundle | undefined {
  if (!isRecord(value)) return undefined
  const { format, hash, name, version, file, text, imported, cases, signature } = value
  if (format !== BUNDLE_FORMAT) return undefined
  if (typeof hash !== 'string' || typeof name !== 'string' || typeof version !== 'string') return undefined
  if (typeof file !== 'string' || typeof text !== 'string') return undefined
  if (!isTexts(imported) || !isTexts(cases)) return undefined
  const bundle = { format: BUNDLE_FORMAT, hash, name, version, file, text, imported, cases } as const
  if (signature === undefined) return bundle
  if (!isRecord(signature)) return undefined
  const { by, value: signed } = signature
  if (typeof by !== 'string' || typeof signed !== 'string') return undefined
  return { ...bundle, signature: { by, value: signed } }
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((text) => typeof text === 'string')
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** JSON with the keys of every object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  )
}
