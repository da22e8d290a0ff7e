/** `parapet lint`: what is probably not meant in policy files that are well written. */

import { existsSync, readFileSync } from 'node:fs'
import { type Diagnostic, renderDiagnostic } from '#dsl/diagnostic.ts'
import { lint } from '#dsl/lint/lint.ts'
import { source as sourceOf } from '#dsl/source.ts'
import { counted } from './counted.ts'
import type { Paint } from './paint.ts'
import { filesBeside } from './policy-files.ts'

/** 1 when a file is missing or does not compile; with `strict`, when there is any warning. */
export function lintPolicies(
  files: readonly string[],
  options: { readonly json: boolean; readonly strict: boolean },
  write: (line: string) => void,
  paint: Paint,
): number {
  const json: unknown[] = []
  const counts: Record<Diagnostic['severity'], number> = { error: 0, warning: 0, note: 0 }
  for (const file of files) {
    if (!existsSync(file)) {
      counts.error++
      const message = `there is no policy file ${file}`
      if (options.json) json.push({ file, code: 'D0010', severity: 'error', message })
      else write(`${paint.red('error[D0010]')}: ${message}`)
      continue
    }
    const source = sourceOf(readFileSync(file, 'utf8'), file)
    const { errors, findings } = lint(source, filesBeside(file))
    for (const diagnostic of [...errors, ...findings]) {
      counts[diagnostic.severity]++
      if (options.json) json.push({ file, ...diagnostic, at: source.position(diagnostic.span[0]) })
      else write(renderDiagnostic(source, diagnostic, { color: paint.isColorSupported }))
    }
    if (!options.json && errors.length + findings.length === 0)
      write(`${paint.green('nothing found')}  ${file}`)
  }
  if (options.json) write(JSON.stringify(json, null, 2))
  else if (counts.error + counts.warning + counts.note > 0)
    write(
      Object.entries(counts)
        .filter(([, count]) => count > 0)
        .map(([severity, count]) => counted(count, severity))
        .join(', '),
    )
  return counts.error > 0 || (options.strict && counts.warning > 0) ? 1 : 0
}
