/**
 * What a keystroke costs in a policy of about 2,000 lines: the change, then what an editor asks for next. Median and p99;
 * nothing is asserted.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { complete } from '#dsl/lsp/complete/complete.ts'
import { openDocument, type PolicyDocument } from '#dsl/lsp/document.ts'
import { hover } from '#dsl/lsp/hover.ts'
import { inlaysIn } from '#dsl/lsp/inlays.ts'
import { lensesOf } from '#dsl/lsp/lenses.ts'
import { findReferences } from '#dsl/lsp/navigate.ts'
import { semanticTokens } from '#dsl/lsp/semantic-tokens.ts'

const LINES = 2_000
const ROUNDS = 120
const WARM_UP = 20

const desk = readFileSync(join(import.meta.dirname, '../policies/airline/airline-desk.parapet'), 'utf8')
const text = grown(desk)
const marker = 'when clerk calls booking_changes and '
const at = text.indexOf(marker) + marker.length
const TYPED = 'booking.cabin is "business" and '

/** The policy with its rules repeated under other names until it is long enough. */
function grown(policy: string): string {
  const lines = policy.split('\n')
  const first = lines.findIndex((line) => line.startsWith('consistency '))
  const body = lines.slice(first).filter((line) => !/^# -/.test(line))
  const made = lines.slice(0, first)
  for (let copy = 0; made.length < LINES; copy++)
    for (const line of body)
      made.push(
        copy === 0
          ? line
          : line
              .replace(/^(rule|consistency|test) "/, `$1 "${copy} `)
              .replace(/(expect .* because ")/, `$1${copy} `),
      )
  // Cut behind a whole declaration.
  const end = made.lastIndexOf('}', LINES)
  return made.slice(0, end + 1).join('\n')
}

/** The text after `count` letters of `TYPED`. */
function typed(count: number): string {
  return text.slice(0, at) + TYPED.slice(0, count % TYPED.length) + text.slice(at)
}

function measure(
  name: string,
  run: (document: PolicyDocument, round: number) => unknown,
  withChange: boolean,
): void {
  const times: number[] = []
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const put = typed(round)
    const before = openDocument(put)
    const start = performance.now()
    run(withChange ? openDocument(put) : before, round)
    if (round >= WARM_UP) times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  const of = (share: number): string =>
    `${times[Math.floor(share * (times.length - 1))]!.toFixed(1)} ms`.padStart(9)
  console.log(`${name.padEnd(28)} ${of(0.5)} ${of(0.99)}`)
}

console.log(`${text.split('\n').length} lines, ${text.length} characters\n`)
console.log(`${''.padEnd(28)} ${'median'.padStart(9)} ${'p99'.padStart(9)}`)
measure('analysis, diagnostics', (document) => document.analysis.diagnostics, true)
measure('analysis, completion', (document, round) => complete(document, at + (round % TYPED.length)), true)
measure('analysis, colours', (document) => semanticTokens(document), true)
measure('completion', (document, round) => complete(document, at + (round % TYPED.length)), false)
measure('hover', (document) => hover(document, at - 5), false)
measure('references', (document) => findReferences(document, at - 20, { withDeclaration: true }), false)
measure('colours', (document) => semanticTokens(document), false)
measure('inlays of a screen', (document) => inlaysIn(document, [at - 1_000, at + 1_500]), false)
measure('lenses', (document) => lensesOf(document), false)
