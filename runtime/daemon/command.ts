/** The command line as it was called, for lines that a person can copy and run. */
import { basename, relative } from 'node:path'

export const DATA_ROOT = '.parapet'

/** `parapet` as it can be run from here: through npx, or the launcher's path. */
export function launcher(script: string | undefined, cwd: string): string {
  if (script === undefined || basename(script) === 'parapet') return 'npx parapet'
  return `node ${shellWord(relative(cwd, script) || script)}`
}

/** `--data DIR`, unless it is where everyone looks first. */
export function dataFlag(dataRoot: string, cwd: string): string {
  const local = relative(cwd, dataRoot)
  if (local === DATA_ROOT) return ''
  return ` --data ${shellWord(local === '' ? '.' : local.startsWith('..') ? dataRoot : local)}`
}

export function shellWord(text: string): string {
  return /^[\w./:@%+,=-][\w./:@%+,=#-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
