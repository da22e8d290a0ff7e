/** Bundles from policy files and what lies beside them. */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { BUNDLE_FORMAT, type Bundle } from '#runtime/deploy/bundle.ts'
import { casesFilesOf } from './cases.ts'
import type { LoadedPolicy } from './compile-policy.ts'

/** `path`: where the policy file stands, for its tables of cases. */
export function makeBundle(policy: LoadedPolicy, path: string): Bundle {
  const { plan, text, file, imported } = policy
  const { name, version } = plan.policy
  const cases = Object.fromEntries(
    casesFilesOf(path).map((beside) => [basename(beside), readFileSync(beside, 'utf8')]),
  )
  return { format: BUNDLE_FORMAT, hash: plan.hash, name, version, file, text, imported, cases }
}
