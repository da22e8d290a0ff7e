import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder and whichever above it lack, and throws what the system says. Node's own `recursive` asks for ever where a
 * folder is refused with ENOENT although the one above it is there, as below /proc. `mode` is of each folder made.
 */
export function makeFolder(path: string, mode?: number): void {
  if (isFolder(path)) return
  const above = dirname(resolve(path))
  if (above !== resolve(path)) makeFolder(above, mode)
  try {
    mkdirSync(path, mode)
  } catch (cause) {
    // Another process may have been quicker.
    if (!isFolder(path)) throw cause
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
