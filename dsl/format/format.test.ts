/** Whatever the layout a policy comes in: its words, comments and meaning stay, and a second time changes nothing. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Report } from '../diagnostic.ts'
import { source } from '../source.ts'
import { type Parsed, parse } from '../syntax/parse.ts'
import { type Token, tokenize } from '../syntax/tokens.ts'
import { type Formatted, format } from './format.ts'
import { WIDTH_MAX } from './lines.ts'
import { difference } from './same.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const folders = readdirSync(join(ROOT, 'dsl/golden')).filter(
  (name) => name !== 'errors' && name !== 'declare' && !name.endsWith('.ts'),
)
const texts = [
  ...readdirSync(join(import.meta.dirname, 'golden'))
    .filter((file) => file.endsWith('.input.parapet'))
    .map((file) => readFileSync(join(import.meta.dirname, 'golden', file), 'utf8')),
  ...folders.map((name) => readFileSync(join(ROOT, 'dsl/golden', name, 'input.parapet'), 'utf8')),
  ...examplesOf(readFileSync(join(ROOT, 'docs/guide.md'), 'utf8')),
].filter((text) => isReadable(text))

function examplesOf(page: string): string[] {
  return Array.from(page.matchAll(/```parapet\n([\s\S]*?)```/g), (match) => match[1]!)
}

function isReadable(text: string): boolean {
  const report = new Report()
  parse(text, report)
  return report.diagnostics.every(({ severity }) => severity !== 'error')
}

function parsed(text: string): Parsed {
  return parse(text, new Report())
}

function formatted(text: string): string {
  const made = format(source(text))
  if (made.kind !== 'formatted') throw new Error(`${JSON.stringify(made)}\n${text}`)
  return made.text
}

/** One declaration of one of the texts, in a file of its own: small enough to read when it fails. */
const declaration = fc
  .constantFrom(...texts)
  .chain((text) =>
    fc.constantFrom(...parsed(text).ast.declarations.map(({ span }) => text.slice(span[0], span[1]))),
  )
const gap = fc.constantFrom(
  '',
  '',
  ' ',
  '  ',
  '\n',
  '\n\n',
  '\n\n\n',
  '\t',
  '\r\n',
  ' # note\n',
  '\n# alone\n',
  '\n\n  # apart  \n\n',
)

/** The tokens of a text with other things between them; `undefined` where they would be read as something else. */
const shuffled = fc
  .tuple(declaration, declaration, fc.array(gap, { minLength: 8, maxLength: 400 }))
  .map(([a, b, gaps]) => {
    const text = `${a}\n${b}\n`
    const { tokens } = tokenize(text)
    return withGaps(text, tokens, gaps)
  })

function withGaps(text: string, tokens: readonly Token[], gaps: readonly string[]): string {
  let made = ''
  tokens.forEach((token, index) => {
    const before = tokens[index - 1]
    const written =
      before === undefined ? '' : text.slice(before.startOffset + before.image.length, token.startOffset)
    const chosen = gaps[index % gaps.length]!
    const needed = chosen === '' && written !== '' ? ' ' : chosen
    made += `${needed}${token.image}`
  })
  return `${made}\n`
}

describe('whatever the layout', () => {
  test('words, comments and tree stay, and formatting again changes nothing', () => {
    let readable = 0
    fc.assert(
      fc.property(shuffled, (text) => {
        if (!isReadable(text)) return
        readable++
        const once = formatted(text)
        expect(difference(parsed(text), parsed(once))).toBeUndefined()
        expect(formatted(once)).toBe(once)
      }),
      { numRuns: 1_500 },
    )
    expect(readable).toBeGreaterThan(500)
  })

  test('the same words get the same lines', () => {
    fc.assert(
      fc.property(
        declaration,
        fc.array(fc.constantFrom(' ', '  ', '\n', '\t', '\r\n'), { minLength: 8, maxLength: 99 }),
        (text, gaps) => {
          const { tokens, comments } = tokenize(text)
          const other = withGaps(text, tokens, gaps)
          if (comments.length > 0 || /\n\s*\n/.test(text) || !isReadable(other)) return
          expect(formatted(other)).toBe(formatted(text))
        },
      ),
      { numRuns: 500 },
    )
  })

  test('nothing it is given makes it throw', () => {
    const words = texts.flatMap((text) => tokenize(text).tokens.map((token) => token.image))
    const soup = fc.array(
      fc.oneof(fc.constantFrom(...words), fc.constantFrom('\n', '# c\n', '"', '`', '\u0000', '{', '}')),
    )
    fc.assert(
      fc.property(soup, (pieces) => {
        const kinds: readonly Formatted['kind'][] = ['formatted', 'unreadable']
        expect(kinds).toContain(format(source(pieces.join(' '))).kind)
      }),
      { numRuns: 1_000 },
    )
  })
})

const policies = ['examples', 'policies']
  .filter((folder) => existsSync(join(ROOT, folder)))
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.parapet'))
      .map((file) => join(folder, file)),
  )

test.each(policies)('%s has the layout (`parapet fmt` gives it)', (file) => {
  const text = readFileSync(join(ROOT, file), 'utf8')
  expect(formatted(text)).toBe(text)
})

describe('what is kept', () => {
  test('a text with mistakes is left alone, with what is wrong with it', () => {
    const made = format(source('policy "P" version 1.0\nrule "x" { when then deny }'))
    expect(made.kind).toBe('unreadable')
    expect(made.kind === 'unreadable' && made.diagnostics.map(({ code }) => code)).toContain('P0004')
  })

  test('line ends become \\n, one at the end of the file', () => {
    expect(formatted('policy "P" version 1.0\r\n\r\n\r\nowner "x"   \r\n\r\n')).toBe(
      'policy "P" version 1.0\n\nowner "x"\n',
    )
  })

  test('nothing stays nothing, and comments alone stay', () => {
    expect(formatted(' \n\n')).toBe('')
    expect(formatted('\n\n  # one\n\n\n# two')).toBe('# one\n\n# two\n')
  })

  test('lines keep within the width where there is a place to break them', () => {
    const long = texts
      .flatMap((text) => formatted(text).split('\n'))
      .filter((line) => line.length > WIDTH_MAX)
    expect(long).toEqual([])
  })
})
