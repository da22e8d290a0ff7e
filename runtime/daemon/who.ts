import { userInfo } from 'node:os'

/** The name under which this person acts, unless `--as` gives another. */
export function whoIsHere(): string {
  return process.env['PARAPET_AS'] ?? userInfo().username
}
