/**
 * Draws terminal output as SVG, for the pictures in the documents.
 *
 *   FORCE_COLOR=1 npx parapet explain airline-0-0#38 | node docs/pictures/render.ts "npx parapet explain …" > docs/pictures/explain.svg
 *
 * Of a panel that is drawn again and again, recorded on a terminal of 132 columns, the first frame that a pattern fits:
 *
 *   script -qec "stty cols 132; npm run -s demo 2> demo.err" /dev/null > demo.raw
 *   node docs/pictures/render.ts "npm run demo" "2[2-6]/30" < demo.raw > docs/pictures/demo.svg
 */
import { readFileSync } from 'node:fs'

const COLUMNS = 132
const CHAR_PX = 8.2
const LINE_PX = 18
const PADDING_PX = 16
const BAR_PX = 34
const ESCAPE = '\u001b'
const CODE = new RegExp(`(${ESCAPE}\\[[0-9;]*m)`)
const REDRAWN = new RegExp(`${ESCAPE}\\[\\d+A${ESCAPE}\\[0J`)
const INK = '#d7dce2'
const COLOURS: Readonly<Record<number, string>> = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
}

interface Style {
  colour: string
  bold: boolean
  dim: boolean
}

const [title = '', moment] = process.argv.slice(2)
const shown = readFileSync(0, 'utf8').replaceAll('\r', '').trimEnd()
const lines = moment === undefined ? shown.split('\n') : frameOf(shown, moment)
const width = Math.ceil(COLUMNS * CHAR_PX + 2 * PADDING_PX)
const height = BAR_PX + lines.length * LINE_PX + PADDING_PX

const rows = lines.map((line, i) => {
  const y = BAR_PX + (i + 1) * LINE_PX - 4
  return `<text x="${PADDING_PX}" y="${y}" xml:space="preserve">${spans(line)}</text>`
})
const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
  (fill, i) => `<circle cx="${20 + i * 18}" cy="17" r="6" fill="${fill}"/>`,
)
console.log(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13.5" fill="${INK}">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${dots.join('')}<text x="${width / 2}" y="22" text-anchor="middle" fill="#8b949e">${escaped(title)}</text>
${rows.join('\n')}
</svg>`)

/** What was said before the panel, and the panel as it was when `moment` first fitted. */
function frameOf(recorded: string, moment: string): string[] {
  const wanted = new RegExp(moment)
  const frames = recorded.split(REDRAWN).map((frame) => frame.trimEnd().split('\n'))
  const head = frames[0]?.findIndex((line) => line.includes('\u2591')) ?? 0
  const frame = frames.find((each) => each.some((line) => wanted.test(line))) ?? []
  return [...(frames[0]?.slice(0, head) ?? []), ...frame]
}

function spans(line: string): string {
  const style: Style = { colour: INK, bold: false, dim: false }
  let seen = 0
  let out = ''
  for (const part of line.split(CODE)) {
    if (part.startsWith(`${ESCAPE}[`)) {
      for (const code of part.slice(2, -1).split(';')) apply(style, Number(code || 0))
      continue
    }
    const text = part.slice(0, Math.max(0, COLUMNS - seen))
    seen += part.length
    if (text !== '')
      out += `<tspan fill="${style.colour}"${style.bold ? ' font-weight="bold"' : ''}${style.dim ? ' opacity="0.62"' : ''}>${escaped(text)}</tspan>`
  }
  return out
}

function apply(style: Style, code: number): void {
  if (code === 0) Object.assign(style, { colour: INK, bold: false, dim: false })
  else if (code === 1) style.bold = true
  else if (code === 2) style.dim = true
  else if (code === 22) Object.assign(style, { bold: false, dim: false })
  else if (code === 39) style.colour = INK
  else style.colour = COLOURS[code] ?? style.colour
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
