/** Lines of policy text laid out each second, warm: `node bench/format.ts [FILE]`. `format` reads the text twice, before and after. */
import { readFileSync } from 'node:fs'
import { Report } from '#dsl/diagnostic.ts'
import { format } from '#dsl/format/format.ts'
import { source } from '#dsl/source.ts'
import { parse } from '#dsl/syntax/parse.ts'

const ROUNDS = 40
const file = process.argv[2] ?? 'policies/airline/airline-desk.parapet'
const text = readFileSync(file, 'utf8')
const lines = text.split('\n').length

function measure(name: string, run: () => void): void {
  for (let i = 0; i < ROUNDS; i++) run()
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now()
    run()
    return performance.now() - start
  }).sort((a, b) => a - b)
  const median = times[ROUNDS / 2]!
  console.log(
    `${name.padEnd(8)} ${median.toFixed(1).padStart(7)} ms  ${Math.round((lines / median) * 1000).toLocaleString('en')} lines/s`,
  )
}

console.log(`${file}, ${lines} lines`)
measure('parse', () => void parse(text, new Report()))
measure('format', () => void format(source(text)))
