/**
 * What a keystroke costs in a policy of about 2,000 lines: the change, then what an editor asks for next. Median and p99
 * on the clock, and of the time the thread had a processor, which other work on the machine does not lengthen; nothing is
 * asserted.
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

/** What the desk itself does not say: other words in place, another try, totals of the whole fleet. */
const NEWER = `
consistency "Certificates of a day" {
  across the fleet, for each user_id
  total amount of send_certificate at most 1_000 USD in any 24 hours
  because "Manual"
}

rule "Long replies are cut" {
  when clerk answers
  then trim text to 500 characters
  because "Style"
}

rule "Card numbers are covered" {
  when clerk answers, and text contains card_number
  then replace card_number in text with "[card]"
  because "PCI"
}

rule "Apologies are written by people" {
  when clerk answers, and text contains "sorry"
  then fall back to "A colleague will answer you."
  because "Style"
}

rule "The booking is named" {
  when clerk calls cancel_reservation and length of reservation_id < 6
  then retry with feedback "Name the booking." at most 2 times, otherwise deny
  because "Manual"
}
`
const policies = join(import.meta.dirname, '../policies')
const desk = readFileSync(join(policies, 'airline/airline-desk.parapet'), 'utf8') + NEWER
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
  const processor: number[] = []
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const put = typed(round)
    const before = openDocument(put)
    const start = performance.now()
    const used = process.threadCpuUsage()
    run(withChange ? openDocument(put) : before, round)
    if (round < WARM_UP) continue
    times.push(performance.now() - start)
    const { user, system } = process.threadCpuUsage(used)
    processor.push((user + system) / 1_000)
  }
  console.log(`${name.padEnd(28)} ${at50(times)} ${at99(times)}   ${at50(processor)} ${at99(processor)}`)
}

const at50 = (times: readonly number[]): string => share(times, 0.5)
const at99 = (times: readonly number[]): string => share(times, 0.99)

function share(times: readonly number[], part: number): string {
  const sorted = times.toSorted((a, b) => a - b)
  return `${sorted[Math.floor(part * (sorted.length - 1))]!.toFixed(1)} ms`.padStart(9)
}

console.log(`${text.split('\n').length} lines, ${text.length} characters\n`)
console.log(
  `${''.padEnd(28)} ${'median'.padStart(9)} ${'p99'.padStart(9)}   ${'processor'.padStart(9)} ${'p99'.padStart(9)}`,
)
measure('analysis, diagnostics', (document) => document.analysis.diagnostics, true)
measure('analysis, completion', (document, round) => complete(document, at + (round % TYPED.length)), true)
measure('analysis, colours', (document) => semanticTokens(document), true)
measure('completion', (document, round) => complete(document, at + (round % TYPED.length)), false)
measure('hover', (document) => hover(document, at - 5), false)
measure('references', (document) => findReferences(document, at - 20, { withDeclaration: true }), false)
measure('colours', (document) => semanticTokens(document), false)
measure('inlays of a screen', (document) => inlaysIn(document, [at - 1_000, at + 1_500]), false)
measure('lenses', (document) => lensesOf(document), false)
