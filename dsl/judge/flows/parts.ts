/** Parts of a text that are worth following on their own: links, e-mail addresses, amounts, numbers, dates, identifiers. */
import { plain } from '../text.ts'

const PART_KINDS = ['links', 'addresses', 'numbers', 'dates', 'identifiers'] as const
export type PartKind = (typeof PART_KINDS)[number]

export interface Part {
  readonly kind: PartKind
  readonly text: string
}

/** Last labels that end a file's name rather than a host's. */
const FILE_ENDINGS: ReadonlySet<string> = new Set(
  'txt doc docx xls xlsx ppt pptx pdf csv tsv json xml yaml yml md html htm png jpg jpeg gif svg zip gz tar log js ts py sh exe ics eml'.split(
    ' ',
  ),
)
const EDGE: ReadonlySet<string> = new Set('.,;:!?\'"*_`~[](){}<>|')
const LABELS = /^[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)+$/u
/** What every part has one of. */
const TELLING = /[\d.@:]/
/** Longest chunk looked at; what is longer is no name of anything. */
const CHUNK_MAX = 2_048

/** A sign that groups digits (`3,200`) is within a number; any other ends what is before it. */
const BETWEEN = /(?:[\s"<>()[\]{}|;`*]|(?<!\d)[,']|[,'](?!\d{3}(?!\d)))+/u

export function partsOf(text: string): Part[] {
  const parts: Part[] = []
  for (const chunk of plain(text).split(BETWEEN)) {
    if (chunk.length > CHUNK_MAX || !TELLING.test(chunk)) continue
    const bare = trimmed(chunk)
    if (bare === '') continue
    const part = partOf(bare)
    if (part !== undefined) parts.push(part)
  }
  return parts
}

/** Without the punctuation around it. */
function trimmed(chunk: string): string {
  let start = 0
  let end = chunk.length
  while (start < end && EDGE.has(chunk[start]!)) start++
  while (end > start && EDGE.has(chunk[end - 1]!)) end--
  return chunk.slice(start, end)
}

function partOf(bare: string): Part | undefined {
  if (/^mailto:/i.test(bare)) return { kind: 'addresses', text: bare.slice(7) }
  const scheme = /^[a-z][a-z0-9+.-]{1,20}:\/\//i.exec(bare)
  if (scheme !== null) return { kind: 'links', text: bare }
  const at = bare.indexOf('@')
  if (at > 0 && LABELS.test(bare.slice(at + 1))) return { kind: 'addresses', text: bare }
  if (isHost(bare)) return { kind: 'links', text: bare }
  if (/^\d{1,4}([-/.])\d{1,2}\1\d{1,4}$/.test(bare)) return { kind: 'dates', text: bare }
  if (/^[-+]?[$€£¥]?\d[\d.,']*[$€£¥%]?$/.test(bare)) return { kind: 'numbers', text: bare }
  // Letters and digits together: account numbers, order numbers, codes.
  if (bare.length >= 4 && /\d/.test(bare) && /^[\p{L}\p{N}_/-]+$/u.test(bare))
    return { kind: 'identifiers', text: bare }
  return undefined
}

/** `www.example.com/a`, `example.com`: dotted labels, the last of which is no file's ending and no sentence's start. */
function isHost(bare: string): boolean {
  const host = bare.split(/[/?#:]/, 1)[0]!
  if (!LABELS.test(host)) return false
  const last = host.slice(host.lastIndexOf('.') + 1)
  if (!/^\p{L}{2,}$/u.test(last)) return false
  if (/^www\./i.test(host)) return true
  return !FILE_ENDINGS.has(last.toLowerCase()) && !/^\p{Lu}\p{Ll}/u.test(last)
}
