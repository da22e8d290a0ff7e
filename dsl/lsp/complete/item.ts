/** One thing that may be written at the cursor. */

export type ItemKind =
  | 'keyword'
  | 'snippet'
  | 'tool'
  | 'message'
  | 'agent'
  | 'schema'
  | 'words'
  | 'table'
  | 'group'
  | 'fact'
  | 'field'
  | 'value'
  | 'check'
  | 'option'
  | 'unit'
  | 'detector'
  | 'file'
  | 'parameter'

export interface Item {
  readonly kind: ItemKind
  readonly label: string
  /** What is written; the label if absent. */
  readonly insert?: string
  /** `insert` has places to fill in, in the protocol's spelling. */
  readonly snippet?: boolean
  /** A few words beside the label. */
  readonly detail?: string
  /** Markdown. */
  readonly help?: string
  /** Lower comes first; 5 if absent. */
  readonly rank?: number
}

/** A template's places — `«name»`, `«one|another»`, `«»` for the cursor at last — in the protocol's spelling. */
export function places(template: string): string {
  let count = 0
  return template.replace(/«([^»]*)»/g, (_, inside: string) => {
    if (inside === '') return '$0'
    count++
    return inside.includes('|') ? `\${${count}|${inside.replaceAll('|', ',')}|}` : `\${${count}:${inside}}`
  })
}
