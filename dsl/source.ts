/** A policy's text with its line map. Offsets are UTF-16 units; lines and columns count from 1. */

export interface Position {
  readonly line: number
  readonly column: number
}

export interface Source {
  readonly file: string
  readonly text: string
  position(offset: number): Position
  /** The text of a line without its line break; '' past the end. */
  lineText(line: number): string
}

export function source(text: string, file = 'policy.parapet'): Source {
  let starts: number[] | undefined
  const lineStarts = (): number[] => (starts ??= findLineStarts(text))
  return {
    file,
    text,
    position(offset) {
      const lines = lineStarts()
      let low = 0
      let high = lines.length - 1
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if (lines[middle]! <= offset) low = middle
        else high = middle - 1
      }
      return { line: low + 1, column: offset - lines[low]! + 1 }
    },
    lineText(line) {
      const lines = lineStarts()
      const start = lines[line - 1]
      if (start === undefined) return ''
      const end = lines[line] ?? text.length + 1
      return text.slice(start, end - 1).replace(/\r$/, '')
    },
  }
}

function findLineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}
