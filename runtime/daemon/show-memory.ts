/** What a daemon says of shared memory, in lines for people. */
import type { Answer } from '#runtime/control/asks.ts'
import type { Hit, Line, Row } from '#runtime/memory/port.ts'
import { shellWord } from './command.ts'
import { clip, type Paint } from './paint.ts'

/** Of a row's text, where rows are listed. */
const TEXT_SHOWN = 200

type MemoryAnswer = Answer & { readonly kind: `memory-${string}` }

export function memoryLines(answer: MemoryAnswer, paint: Paint): string[] {
  switch (answer.kind) {
    case 'memory-found':
      return [
        ...answer.hits.flatMap((hit) => hitLines(hit, paint)),
        ...(answer.wordsOnly === undefined ? [] : [paint.yellow(`by words only: ${answer.wordsOnly}`)]),
      ]
    case 'memory-row':
      return rowLines(answer.row, paint)
    case 'memory-stats': {
      const { place, stats } = answer
      return [
        paint.bold(place),
        countLine({ name: 'all', ...stats.rows }, paint),
        ...stats.byKind.map((line) => countLine({ ...line, name: `kind ${line.name}` }, paint)),
        ...stats.byStanding.map((line) => countLine(line, paint)),
        ...stats.byWriter.map((line) => countLine({ ...line, name: `by ${line.name}` }, paint)),
      ]
    }
    case 'memory-changed': {
      const { change, rows, ids, turn } = answer
      const about = change.what === 'forget' ? change.rows : change.source
      const more = rows > ids.length && ids.length > 0 ? [paint.dim(`… and ${rows - ids.length} more`)] : []
      return [
        `${change.what} ${about}: ${rows} rows  ${paint.dim(`parapet explain ${shellWord(turn)}`)}`,
        ...ids.map((id) => `  ${id}`),
        ...more,
      ]
    }
  }
}

function hitLines({ row, score }: Hit, paint: Paint): string[] {
  const { id, kind, standing, writer, text } = row
  return [
    `${paint.bold(id)}  ${kind}, ${standing} by ${writer}  ${paint.dim(score === 0 ? '' : score.toFixed(3))}`.trimEnd(),
    `  ${clip(text, TEXT_SHOWN)}`,
  ]
}

function rowLines(row: Row, paint: Paint): string[] {
  const { id, text, state, writtenAt, ...rest } = row
  const shown = state === 'live' ? state : paint.red(state)
  return [
    `${paint.bold(id)}  ${shown}`,
    `  ${text}`,
    `  ${'written'.padEnd(12)} ${new Date(writtenAt).toISOString()}`,
    ...Object.entries(rest).map(
      ([name, value]) => `  ${name.padEnd(12)} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
  ]
}

function countLine({ name, live, held, retracted }: Line, paint: Paint): string {
  const withdrawn = [held > 0 ? `${held} held` : '', retracted > 0 ? `${retracted} retracted` : '']
  const beside = withdrawn.filter(Boolean).join(', ')
  return `  ${String(live).padStart(8)}  ${name}${beside === '' ? '' : paint.yellow(`  and ${beside}`)}`
}
