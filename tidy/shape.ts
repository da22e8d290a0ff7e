/** Sizes, names, and where time and chance come from. */
import { covers, type Finding } from './finding.ts'
import { isTest, lineAt, type SourceFile } from './source-files.ts'

export const LINES_MAX = 450
/** Files that are longer, and why that is right. */
const LONG: Readonly<Record<string, string>> = {}

export function shortFiles(
  files: readonly SourceFile[],
  named: Readonly<Record<string, string>> = LONG,
): readonly Finding[] {
  const long = files.filter((file) => file.lines > LINES_MAX)
  const findings: Finding[] = long
    .filter((file) => named[file.path] === undefined)
    .map((file) => ({
      file: file.path,
      rule: `has ${file.lines} lines, more than ${LINES_MAX}`,
      instead: 'Find its second idea and give it a file, or name this one with its reason in tidy/shape.ts.',
    }))
  for (const path of Object.keys(named))
    if (!long.some((file) => file.path === path))
      findings.push({
        file: path,
        rule: 'is named as long and is not',
        instead: 'Remove it from tidy/shape.ts.',
      })
  return findings
}

export function tellingNames(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap((file) => {
    if (!/(^|\/)(utils?|helpers?|misc|common|types)(\.test)?\.ts$/.test(file.path)) return []
    return [
      {
        file: file.path,
        rule: 'has a name that says nothing',
        instead: 'Name it after what it does, or move its parts to their users.',
      },
    ]
  })
}

const PURE = ['dsl/', 'runtime/kernel/', 'runtime/guard/', 'runtime/fleet/', 'agents/']
const AMBIENT =
  /\b(?:Date\.now|Math\.random|performance\.now|process\.hrtime|setTimeout|setInterval|setImmediate|randomUUID|randomBytes)\b(?!\s*:)|\bnew Date\(\s*\)/g
/** Owners of a clock or of chance inside pure rooms, and why. */
const AMBIENT_OWNERS: Readonly<Record<string, string>> = {}

export function timeAndChanceArePassedIn(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap((file) => {
    if (isTest(file) || AMBIENT_OWNERS[file.path] || !PURE.some((room) => covers(room, file.path))) return []
    return Array.from(file.code.matchAll(AMBIENT), (match) => ({
      file: file.path,
      line: lineAt(file.code, match.index),
      rule: `uses ${match[0]}`,
      instead:
        'Take the time from the step, or a Clock (runtime/fleet/clock.ts) or an id as a parameter: runs must replay exactly.',
    }))
  })
}
