/** Precision, recall and F1 over thresholds, as an SVG of its own. */
import type { Point } from './thresholds.ts'

const WIDTH = 640
const HEIGHT = 360
const MARGIN = 48
const LINES = { precision: '#0b6e4f', recall: '#b5542a', f1: '#333a73' } as const

export function curveSvg(title: string, points: readonly Point[], threshold: number): string {
  const most = Math.max(1, ...points.map((point) => point.threshold))
  const x = (value: number) => (MARGIN + (value / most) * (WIDTH - 2 * MARGIN)).toFixed(1)
  const y = (value: number) => (HEIGHT - MARGIN - value * (HEIGHT - 2 * MARGIN)).toFixed(1)
  const ticks = [0, 0.25, 0.5, 0.75, 1]
  const lines = Object.entries(LINES).map(([name, colour], at) => {
    const key = name as keyof typeof LINES
    const path = points.map((point) => `${x(point.threshold)},${y(point[key])}`).join(' ')
    const label = `<text x="${WIDTH - MARGIN - 60}" y="${MARGIN + 16 * at}" fill="${colour}">${name === 'f1' ? 'F1' : name}</text>`
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${label}`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/><text x="${MARGIN}" y="24" font-size="15">${escaped(title)}</text>`,
    ...ticks.map(
      (tick) =>
        `<line x1="${MARGIN}" x2="${WIDTH - MARGIN}" y1="${y(tick)}" y2="${y(tick)}" stroke="#ddd"/><text x="8" y="${y(tick)}">${tick}</text><text x="${x(tick * most)}" y="${HEIGHT - 20}">${(tick * most).toFixed(2)}</text>`,
    ),
    `<line x1="${x(threshold)}" x2="${x(threshold)}" y1="${MARGIN}" y2="${HEIGHT - MARGIN}" stroke="#888" stroke-dasharray="4 3"/>`,
    ...lines,
    `<text x="${WIDTH / 2 - 30}" y="${HEIGHT - 4}">threshold</text></svg>`,
    '',
  ].join('\n')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
