/** Text laid out in a terminal's width: wrapped, indented, cut at a number of lines. */

export interface Layout {
  /** Columns in all. */
  readonly width: number
  /** Columns before every line. */
  readonly indent: number
  /** Further lines are cut off with an ellipsis. */
  readonly linesMax?: number
}

/** Never breaks inside a word that fits on a line; line breaks of the text become spaces. */
export function wrap(text: string, { width, indent, linesMax = Number.POSITIVE_INFINITY }: Layout): string[] {
  const room = Math.max(ROOM_MIN, width - indent)
  const lines: string[] = []
  let line = ''
  for (let word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line)
      line = ''
    }
    for (; word.length > room; word = word.slice(room)) lines.push(word.slice(0, room))
    line = line === '' ? word : `${line} ${word}`
    if (lines.length > linesMax) break
  }
  if (line !== '') lines.push(line)
  const kept = lines.slice(0, linesMax)
  if (lines.length > linesMax) kept.push(`${kept.pop()!.slice(0, room - 1)}…`)
  return kept.map((one) => ' '.repeat(indent) + one)
}

/** Narrower terminals get lines that overflow rather than one word a line. */
const ROOM_MIN = 24

/** What a judge found, one value a piece: split at `; ` outside of quotes and brackets. */
export function foundPieces(found: string): string[] {
  const pieces: string[] = []
  let start = 0
  let depth = 0
  let quoted = false
  for (let i = 0; i < found.length; i++) {
    const char = found[i]
    if (quoted) {
      if (char === '\\') i++
      else if (char === '"') quoted = false
    } else if (char === '"') quoted = true
    else if (char === '[' || char === '{') depth++
    else if (char === ']' || char === '}') depth--
    else if (char === ';' && depth <= 0 && found[i + 1] === ' ') {
      pieces.push(found.slice(start, i))
      start = i + 2
    }
  }
  pieces.push(found.slice(start))
  return pieces
}
