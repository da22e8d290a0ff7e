import { describe, expect, test } from 'vitest'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { BUNDLE_BYTES_MAX, BUNDLE_FORMAT, type Bundle, readBundle } from './bundle.ts'
import { openBundle } from './open-bundle.ts'
import { generateKeys, signBundle, whyNotTrusted } from './signature.ts'

const TEXT = `policy "Signed" version 1
tool pay(amount: money in USD) { external }
agent clerk { may call pay }
`

function bundle(text = TEXT): Bundle {
  const { plan } = compile(source(text, 'signed.parapet'))
  return {
    format: BUNDLE_FORMAT,
    hash: plan!.hash,
    name: 'Signed',
    version: '1',
    file: 'signed.parapet',
    text,
    imported: {},
    cases: {},
  }
}

const ada = generateKeys()
const eve = generateKeys()
const trust = { ada: ada.publicKey }

describe('a signed bundle', () => {
  const signed = signBundle(bundle(), 'ada', ada.privateKey)!

  test('is trusted when its signer is, also after it has travelled with its keys in another order', () => {
    expect(whyNotTrusted(signed, trust, false)).toBeUndefined()
    const turned = Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(signed))).reverse())
    expect(whyNotTrusted(readBundle(turned)!, trust, false)).toBeUndefined()
  })

  test.each([
    {
      what: 'changed after signing',
      of: { ...signed, text: TEXT.replace('may call pay', '') },
      why: /does not fit/,
    },
    {
      what: 'signed with another key',
      of: signBundle(bundle(), 'ada', eve.privateKey)!,
      why: /does not fit/,
    },
    {
      what: 'signed by a stranger',
      of: signBundle(bundle(), 'eve', eve.privateKey)!,
      why: /`eve`, whom .* trusts ada/,
    },
    { what: 'without a signature', of: bundle(), why: /is not signed/ },
  ])('is refused when $what', ({ of, why }) => {
    expect(whyNotTrusted(of, trust, false)).toMatch(why)
  })

  test('may lack its signature only where that is allowed; a wrong one is wrong everywhere', () => {
    expect(whyNotTrusted(bundle(), trust, true)).toBeUndefined()
    expect(whyNotTrusted({ ...signed, version: '2' }, trust, true)).toMatch(/does not fit/)
  })

  test('cannot be made with what is no Ed25519 private key', () => {
    expect(signBundle(bundle(), 'ada', ada.publicKey)).toBeUndefined()
  })
})

describe('opening a bundle', () => {
  test('compiles it again', () => {
    expect(openBundle(bundle())).toMatchObject({ kind: 'opened', plan: { hash: bundle().hash } })
  })

  test.each([
    {
      what: 'means something else than it says',
      of: { ...bundle(), hash: '0'.repeat(64) },
      why: /says it is 000000/,
    },
    {
      what: 'does not compile',
      of: { ...bundle(), text: `${TEXT}rule` },
      why: /does not compile: \d+ errors/,
    },
    { what: 'is too long', of: { ...bundle(), text: ' '.repeat(BUNDLE_BYTES_MAX) }, why: /bytes, over/ },
  ])('is refused when it $what', ({ of, why }) => {
    expect(openBundle(of)).toMatchObject({ kind: 'refused', message: expect.stringMatching(why) })
  })

  test.each([null, 1, {}, { ...bundle(), imported: { a: 1 } }, { ...bundle(), signature: 'x' }])(
    'what is no bundle is none: %j',
    (value) => expect(readBundle(value)).toBeUndefined(),
  )
})
