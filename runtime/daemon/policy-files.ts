/** What a policy's `use` lines read: files in its own folder and below, then the libraries that come along; nothing else. */
import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { type Files, IMPORT_MAX } from '#dsl/jsonschema/uses.ts'

/** Every text that was read, by the path as it is written in the policy: kept with the policy, so that it compiles again. */
export interface PolicyFiles extends Files {
  readonly texts: ReadonlyMap<string, string>
}

const LIBRARIES = join(import.meta.dirname, '..', '..', 'policies')

export function filesBeside(policyFile: string): PolicyFiles {
  const folder = dirname(resolve(policyFile))
  const texts = new Map<string, string>()
  return {
    texts,
    read(path) {
      const text = texts.get(path) ?? readInside(folder, path) ?? readInside(LIBRARIES, path)
      if (text !== undefined) texts.set(path, text)
      return text
    },
    list: () => [...filesIn(folder, /\.(parapet|json)$/), ...filesIn(LIBRARIES, /\.parapet$/)],
    placeOf: (path) =>
      [folder, LIBRARIES].map((one) => placeInside(one, path)).find((place) => place !== undefined),
  }
}

function filesIn(folder: string, which: RegExp): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => which.test(name))
  } catch {
    // An editor also opens what lies in no folder that can be read.
    return []
  }
}

/** Texts as they were when the policy was compiled. */
export function keptFiles(texts: Readonly<Record<string, string>>): PolicyFiles {
  const kept = new Map(Object.entries(texts))
  return { texts: kept, read: (path) => kept.get(path) }
}

/** Links are followed before it is asked whether the file lies inside. */
function placeInside(folder: string, path: string): string | undefined {
  try {
    const file = realpathSync(join(folder, path))
    const inside = relative(realpathSync(folder), file)
    return inside === '..' || inside.startsWith(`..${sep}`) || resolve(inside) === inside ? undefined : file
  } catch {
    // Absent: to the policy there is no such file.
    return undefined
  }
}

function readInside(folder: string, path: string): string | undefined {
  const file = placeInside(folder, path)
  if (file === undefined) return undefined
  try {
    const bytes = readFileSync(file)
    // Longer ones are refused by their length; no need to decode them.
    return bytes.length > IMPORT_MAX * 4 ? ' '.repeat(IMPORT_MAX + 1) : bytes.toString('utf8')
  } catch {
    // Unreadable or a folder: to the policy there is no such file.
    return undefined
  }
}
