import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { compilePolicy } from './compile-policy.ts'
import { type Asked, compilerStamp, ENTRIES_MAX, noting, openPlanCache, planCacheIn } from './plan-cache.ts'
import { keptFiles } from './policy-files.ts'

const policy = (limit: number, use = '') => `policy "Desk" version 1.0
${use}
tool pay(amount: money in USD, note: text, optional) { external }
agent clerk { may call pay }
rule "Large" { when clerk calls pay and amount > ${limit} USD and note is "x" then deny }
`
const LIBRARY = 'policy "lib" version 1.0\nconsistency "often" { calls at most 3 times }\n'

let root: string
let folder: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parapet-plans-'))
  folder = join(root, 'plans')
})
afterEach(() => rmSync(root, { recursive: true }))

const asked = (text: string, more: Partial<Asked> = {}): Asked => ({
  name: 'desk.parapet',
  text,
  color: false,
  ...more,
})

function compiled({ name, text, color }: Asked, texts: Readonly<Record<string, string>> = {}) {
  const files = keptFiles(texts)
  const noted = noting(files)
  const made = compilePolicy(name, text, color, { read: noted.read, texts: files.texts })
  if (made.kind === 'problem') throw new Error(made.message)
  return { plan: made.plan, warnings: made.warnings, reads: noted.reads }
}

/** Compiles and keeps it; the folder's only entry. */
function kept(one: Asked, texts: Readonly<Record<string, string>> = {}): string {
  const { reads, ...made } = compiled(one, texts)
  planCacheIn(folder, 'c1')?.keep(one, reads, made)
  return join(folder, readdirSync(folder)[0]!)
}
const found = (one: Asked, texts: Readonly<Record<string, string>> = {}, compiler = 'c1') =>
  planCacheIn(folder, compiler)?.find(one, keptFiles(texts))

test('with and without it a policy comes to the same, whatever was kept before', () => {
  const use = fc.constantFrom('', 'use "lib"')
  const one = fc.record({
    limit: fc.integer({ min: 1, max: 3 }),
    use,
    library: fc.constantFrom(LIBRARY, LIBRARY.replace('3 times', '4 times')),
    color: fc.boolean(),
    compiler: fc.constantFrom('c1', 'c2'),
  })
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 12 }), (runs) => {
      for (const { limit, use, library, color, compiler } of runs) {
        const what = asked(policy(limit, use), { color })
        const texts = { 'lib.parapet': library }
        const { reads, ...fresh } = compiled(what, texts)
        const cache = planCacheIn(folder, compiler)!
        const known = cache.find(what, keptFiles(texts))
        if (known === undefined) cache.keep(what, reads, fresh)
        else expect(known).toEqual(fresh)
        expect(cache.find(what, keptFiles(texts))).toEqual(fresh)
      }
    }),
    { numRuns: 40 },
  )
})

test('another text, name, library or compiler is another policy', () => {
  const texts = { 'lib.parapet': LIBRARY }
  const what = asked(policy(1, 'use "lib"'))
  kept(what, texts)
  expect(found(what, texts)?.plan.policy.name).toBe('Desk')
  expect(found(asked(policy(2, 'use "lib"')), texts)).toBeUndefined()
  expect(found({ ...what, name: 'other.parapet' }, texts)).toBeUndefined()
  expect(found(what, { 'lib.parapet': LIBRARY.replace('3', '4') })).toBeUndefined()
  expect(found(what)).toBeUndefined()
  expect(found(what, texts, 'c2')).toBeUndefined()
})

test('a damaged entry is as if it were not there, wherever the damage is', () => {
  const what = asked(policy(1))
  const file = kept(what)
  const whole = readFileSync(file)
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, by, cut) => {
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at]! + by) % 256
      writeFileSync(file, cut ? bytes.subarray(0, at) : bytes)
      expect(found(what)).toBeUndefined()
    }),
    { numRuns: 60 },
  )
  writeFileSync(file, whole)
  expect(found(what)).toBeDefined()
})

test('what others may read or write, or a link, is not used', () => {
  const what = asked(policy(1))
  const file = kept(what)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  chmodSync(file, 0o640)
  expect(found(what)).toBeUndefined()
  chmodSync(file, 0o600)
  const elsewhere = join(root, 'elsewhere.json')
  copyFileSync(file, elsewhere)
  rmSync(file)
  symlinkSync(elsewhere, file)
  expect(found(what)).toBeUndefined()
  chmodSync(folder, 0o770)
  expect(planCacheIn(folder, 'c1')).toBeUndefined()
  mkdirSync(join(root, 'own'), { mode: 0o700 })
  symlinkSync(join(root, 'own'), join(root, 'link'))
  expect(planCacheIn(join(root, 'link'), 'c1')).toBeUndefined()
})

test('the oldest make room', () => {
  const { reads, ...made } = compiled(asked(policy(1)))
  const cache = planCacheIn(folder, 'c1')!
  for (let n = 0; n < ENTRIES_MAX + 3; n++) cache.keep(asked(policy(1), { name: `${n}` }), reads, made)
  expect(readdirSync(folder)).toHaveLength(ENTRIES_MAX)
})

test('it can be turned off, and a folder that cannot be made is none', () => {
  expect(openPlanCache({ PARAPET_CACHE: 'off' })).toBeUndefined()
  expect(openPlanCache({ PARAPET_CACHE: folder })).toBeDefined()
  writeFileSync(join(root, 'file'), '')
  expect(openPlanCache({ PARAPET_CACHE: join(root, 'file', 'plans') })).toBeUndefined()
})

test('the compiler is the same until one of its files changes', () => {
  expect(compilerStamp()).toBe(compilerStamp())
})
