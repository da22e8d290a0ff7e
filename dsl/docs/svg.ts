/** A pattern's figure as SVG: steps as boxes on a line of time. Widths are estimated, since nothing measures text here. */
import type { FigureCell, FigureRow } from './document.ts'

const CHAR = 7.6
const PAD = 12
const BOX_HEIGHT = 28
const ROW_HEIGHT = 46
const LEFT = 74

export function figureSvg(rows: readonly FigureRow[]): string {
  const drawn = rows.map((row, index) => rowSvg(row, index * ROW_HEIGHT + 8))
  const width = Math.max(...drawn.map((row) => row.width)) + 8
  const height = rows.length * ROW_HEIGHT
  const said = rows
    .map(({ holds, cells }) => `${holds ? 'holds' : 'breaks'}: ${cells.map((cell) => cell.text).join(' ')}`)
    .join('; ')
  return `<svg class="pattern" role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><title>${escapeXml(said)}</title>${drawn.map((row) => row.svg).join('')}</svg>`
}

function rowSvg({ holds, cells }: FigureRow, top: number): { svg: string; width: number } {
  const middle = top + BOX_HEIGHT / 2
  const parts: string[] = []
  let x = LEFT
  cells.forEach((cell, index) => {
    const width = widthOf(cell)
    if (cell.kind === 'step') {
      parts.push(
        `<rect class="${cell.refused ? 'step refused' : 'step'}" x="${x}" y="${top}" width="${width}" height="${BOX_HEIGHT}" rx="6"/>`,
        `<text class="${cell.refused ? 'refused' : ''}" x="${x + width / 2}" y="${middle + 4.5}" text-anchor="middle">${escapeXml(cell.text)}</text>`,
      )
    } else if (cell.kind === 'gap') {
      parts.push(arrow(x + 3, x + width - 3, middle))
      if (cell.text !== '')
        parts.push(
          `<text class="gap" x="${x + width / 2 - 3}" y="${middle - 6}" text-anchor="middle">${escapeXml(cell.text)}</text>`,
        )
    } else {
      parts.push(
        `<path class="end" d="M${x + 6} ${top + 2}V${top + BOX_HEIGHT - 2}"/>`,
        `<text class="gap" x="${x + 14}" y="${middle + 4.5}">${escapeXml(cell.text)}</text>`,
      )
    }
    x += width
    const next = cells[index + 1]
    if (cell.kind !== 'gap' && next !== undefined && next.kind !== 'gap') {
      parts.push(arrow(x + 3, x + 25, middle))
      x += 28
    }
  })
  const mark = holds ? 'holds' : 'breaks'
  parts.unshift(`<text class="${mark}" x="0" y="${middle + 4.5}">${holds ? '✓' : '✗'} ${mark}</text>`)
  return { svg: parts.join(''), width: x }
}

function widthOf({ kind, text }: FigureCell): number {
  const letters = text.length * CHAR
  return kind === 'step'
    ? letters + 2 * PAD
    : kind === 'gap'
      ? Math.max(40, letters * 0.9 + 24)
      : letters * 0.9 + 22
}

function arrow(from: number, to: number, y: number): string {
  return `<path class="arrow" d="M${from} ${y}H${to - 4}"/><path class="head" d="M${to - 6} ${y - 4}L${to} ${y}L${to - 6} ${y + 4}Z"/>`
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
