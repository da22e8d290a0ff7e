/** Reads a policy file as its plan: compiled, or as it was compiled before, in which case no compiler is loaded. */
import { existsSync, readFileSync } from 'node:fs'
import type { LoadedPolicy } from './compile-policy.ts'
import { shownPath } from './paint.ts'
import { noting, openPlanCache } from './plan-cache.ts'
import { filesBeside } from './policy-files.ts'
import { type Problem, problem } from './problem.ts'

/** The file's text. */
export function readPolicy(file: string): string | Problem {
  if (!existsSync(file))
    return problem('D0010', `there is no policy file ${shownPath(file)}`, {
      where: file,
      help: `check the path; it is relative to ${process.cwd()}`,
    })
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    return problem('D0010', `cannot read ${shownPath(file)}: ${(cause as Error).message}`, {
      where: file,
      help: 'name a policy file (*.parapet)',
    })
  }
}

export async function loadPolicy(file: string, color: boolean): Promise<LoadedPolicy | Problem> {
  const text = readPolicy(file)
  if (typeof text !== 'string') return text
  const name = shownPath(file)
  const asked = { name, text, color }
  const cache = openPlanCache(process.env)
  const files = filesBeside(file)
  const known = cache?.find(asked, files)
  if (known !== undefined)
    return { kind: 'policy', ...known, file: name, text, imported: Object.fromEntries(files.texts) }
  const { compilePolicy } = await import('./compile-policy.ts')
  const fresh = filesBeside(file)
  const noted = noting(fresh)
  const loaded = compilePolicy(name, text, color, { read: noted.read, texts: fresh.texts })
  if (loaded.kind === 'policy') cache?.keep(asked, noted.reads, loaded)
  return loaded
}
