/** Cases beside a policy (`refunds.cases.yaml`, `refunds.limits.cases.yaml`), read as tables: the one owner of `yaml`. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, Scalar, type YAMLMap } from 'yaml'
import type { Case, CaseProblem, CaseValue, Written } from '#dsl/testing/cases.ts'

export const ENDING = '.cases.yaml'
/** Characters of one file, cases of one file, and how deep a value may nest. */
const FILE_MAX = 1_000_000
const CASES_OF_FILE_MAX = 5_000
const DEPTH_MAX = 16

/** In order of their names. */
export function casesFilesOf(policyFile: string): string[] {
  const folder = dirname(policyFile)
  const stem = basename(policyFile).replace(/\.parapet$/, '')
  return readdirSync(folder)
    .filter((name) => name.endsWith(ENDING) && name.startsWith(`${stem}.`))
    .sort()
    .map((name) => join(folder, name))
}

export function readCases(file: string): { cases: Case[]; problems: CaseProblem[] } {
  const text = readFileSync(file, 'utf8')
  return text.length > FILE_MAX
    ? {
        cases: [],
        problems: [{ line: 1, message: `the file is longer than ${FILE_MAX} characters`, help: 'Split it.' }],
      }
    : parseCases(text)
}

/** Everything wrong is told at once; tables that are right stay. */
export function parseCases(text: string): { cases: Case[]; problems: CaseProblem[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const reader = new Reader(lines)
  for (const { message, pos } of document.errors)
    reader.problems.push({
      line: lines.linePos(pos[0]).line,
      message: message.split('\n')[0]!.replace(/ at line .*/, ''),
    })
  if (reader.problems.length > 0) return { cases: [], problems: reader.problems }
  const { contents } = document
  if (contents === null) return { cases: [], problems: [] }
  const cases = isSeq(contents)
    ? contents.items.flatMap((table) => reader.table(table as Node))
    : reader.wrong(contents, 'a file of cases is a list of tables', 'Start each with `- table: …`.')
  const seen = new Set<string>()
  for (const { name, line } of cases) {
    if (seen.has(name))
      reader.problems.push({
        line,
        message: `two cases are called "${name}"`,
        help: 'Give one a `name` of its own.',
      })
    seen.add(name)
  }
  if (cases.length > CASES_OF_FILE_MAX)
    reader.problems.push({
      line: 1,
      message: `there are more than ${CASES_OF_FILE_MAX} cases`,
      help: 'Split the file.',
    })
  return { cases: reader.problems.length > 0 ? [] : cases, problems: reader.problems }
}

const PARTS = ['at', 'given', 'when', 'expect'] as const
const TABLE_WORDS = ['table', ...PARTS, 'cases']

interface Parts {
  readonly at?: Written
  readonly given: readonly Written[]
  readonly when?: Written
  readonly expect?: Written
}

class Reader {
  readonly problems: CaseProblem[] = []
  private readonly lines: LineCounter

  constructor(lines: LineCounter) {
    this.lines = lines
  }

  wrong(node: Node | null, message: string, help: string): never[] {
    this.problems.push({ line: this.lineOf(node), message, help })
    return []
  }

  table(node: Node): Case[] {
    if (!isMap(node))
      return this.wrong(
        node,
        'a table has a name, steps and cases',
        'Write `- table: …`, `when: …` and `cases:`.',
      )
    for (const { key } of node.items)
      if (!TABLE_WORDS.includes(String(key)))
        return this.wrong(
          key as Node,
          `a table has no \`${String(key)}\``,
          `It has ${TABLE_WORDS.join(', ')}.`,
        )
    const name = this.textOf(node, 'table')
    if (name === undefined) return this.wrong(node, 'this table has no name', 'Start it with `table: …`.')
    const parts = this.parts(node)
    const rows = node.get('cases', true)
    if (rows === undefined) return this.finish(name.text, name.line, parts, new Map())
    if (!isSeq(rows))
      return this.wrong(
        rows as Node,
        '`cases` is a list',
        'Write one case a line: `- { amount: 50 USD, expect: allow }`.',
      )
    return rows.items.flatMap((row) => this.row(row as Node, name.text, parts))
  }

  private row(node: Node, table: string, shared: Parts): Case[] {
    if (!isMap(node))
      return this.wrong(
        node,
        'a case has values and an expectation',
        'Write `- { amount: 50 USD, expect: allow }`.',
      )
    const own = this.parts(node)
    const values = new Map<string, CaseValue>()
    for (const { key, value } of node.items) {
      const word = String(key)
      if (word === 'name' || PARTS.some((part) => part === word)) continue
      const literal = this.literal(value as Node | null, 0)
      if (literal !== undefined)
        values.set(word, { literal, bare: isScalar(value) ? String(value.value) : literal })
    }
    const shown = Array.from(values, ([key, { bare }]) => `${key} ${bare}`).join(', ')
    const name =
      this.textOf(node, 'name')?.text ??
      (shown || (own.when ?? own.expect)?.text || `line ${this.lineOf(node)}`)
    const parts = { ...shared, ...own, given: [...shared.given, ...own.given] }
    return this.finish(`${table}: ${name}`, this.lineOf(node), parts, values)
  }

  private finish(
    name: string,
    line: number,
    { at, given, when, expect }: Parts,
    values: Case['values'],
  ): Case[] {
    if (when === undefined || expect === undefined) {
      const absent = when === undefined ? 'when' : 'expect'
      this.problems.push({
        line,
        message: `"${name}" has no \`${absent}\``,
        help: `Add \`${absent}: …\` to the case or to its table.`,
      })
      return []
    }
    return [{ name, line, ...(at === undefined ? {} : { at }), given, when, expect, values }]
  }

  private parts(node: YAMLMap): Parts {
    const [at, when, expect] = [
      this.textOf(node, 'at'),
      this.textOf(node, 'when'),
      this.textOf(node, 'expect'),
    ]
    return {
      ...(at === undefined ? {} : { at }),
      ...(when === undefined ? {} : { when }),
      ...(expect === undefined ? {} : { expect }),
      given: this.givenOf(node),
    }
  }

  private givenOf(node: YAMLMap): Written[] {
    const given = node.get('given', true) as Node | undefined
    if (given === undefined) return []
    const steps = isSeq(given) ? (given.items as Node[]) : [given]
    return steps.flatMap((step) =>
      isScalar(step) && typeof step.value === 'string'
        ? [{ text: step.value, line: this.lineOf(step) }]
        : this.wrong(
            step,
            'a given step is written as in a test block',
            'For example `clerk calls look with order = "A"`; quote what has `: ` in it.',
          ),
    )
  }

  private textOf(node: YAMLMap, key: string): Written | undefined {
    const value = node.get(key, true) as Node | undefined
    if (value === undefined) return undefined
    if (isScalar(value) && typeof value.value === 'string')
      return { text: value.value, line: this.lineOf(value) }
    this.wrong(value, `\`${key}\` is text`, 'Quote it when YAML reads it as something else.')
    return undefined
  }

  /** Plain words that read as a number, money, a length of time, a date or a time are one; whatever is quoted is text. */
  private literal(node: Node | null, depth: number): string | undefined {
    if (depth > DEPTH_MAX)
      return this.wrong(node, 'this value nests too deep', `At most ${DEPTH_MAX} levels.`)[0]
    if (isMap(node)) {
      const entries = node.items.map(
        ({ key, value }) => `\`${String(key)}\` = ${this.literal(value as Node | null, depth + 1)}`,
      )
      return `{ ${entries.join(', ')} }`
    }
    if (isSeq(node))
      return `[${node.items.map((item) => this.literal(item as Node | null, depth + 1)).join(', ')}]`
    if (!isScalar(node) || node.value === null)
      return this.wrong(
        node,
        'this is no value',
        'Write text, a number, money, a date, yes or no, a list or a record.',
      )[0]
    const { value, type, source = '' } = node
    if (typeof value === 'boolean') return value ? 'yes' : 'no'
    if (typeof value === 'number') return source
    const text = String(value)
    return type === Scalar.PLAIN && LITERAL.test(text) ? text : JSON.stringify(text)
  }

  private lineOf(node: Node | null): number {
    return this.lines.linePos(node?.range?.[0] ?? 0).line
  }
}

const LITERAL =
  /^(?:-?\d[\d_]*(?:\.\d+)?(?: [A-Za-z]+)?|\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?|yes|no)$/
