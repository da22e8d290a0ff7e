/** What a check says about one place. */
export interface Finding {
  readonly file: string
  readonly line?: number
  readonly rule: string
  readonly instead: string
}

export function shown(finding: Finding): string {
  const place = finding.line === undefined ? finding.file : `${finding.file}:${finding.line}`
  return `${place}  ${finding.rule}\n    ${finding.instead}`
}

/** `entry` names a file, or a folder by a closing slash. */
export function covers(entry: string, path: string): boolean {
  return entry.endsWith('/') ? path.startsWith(entry) : path === entry
}
