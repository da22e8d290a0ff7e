/** What a policy speaks of, as tables: tools, messages, schemas, words, tables, groups and facts. */
import type { Analysis } from '../pipeline.ts'
import type { FieldNode, RecordType, TypeExpr } from '../syntax/ast.ts'
import { type Block, code, type Ids, type Inline, link, listed, text } from './document.ts'
import type { Reading } from './sentences.ts'

type Declared = Analysis['ast']['declarations'][number]
type Of<K extends Declared['kind']> = Declared & { kind: K }

export interface Named {
  readonly name: string
  readonly what: string
  readonly id: string
}

export class VocabularyPage {
  readonly blocks: Block[] = []
  readonly index: Named[] = []
  private readonly declarations: readonly Declared[]
  private readonly reading: Reading
  private readonly ids: Ids
  private readonly schemaIds = new Map<string, string>()

  constructor({ ast }: Analysis, reading: Reading, ids: Ids) {
    this.declarations = ast.declarations
    this.reading = reading
    this.ids = ids
    for (const { name } of this.all('schema'))
      if (name) this.schemaIds.set(name.name, ids.of(`schema ${name.name}`))
    this.tools()
    this.messages()
    this.schemas()
    this.names()
  }

  private all<K extends Declared['kind']>(kind: K): Of<K>[] {
    return this.declarations.filter((decl): decl is Of<K> => decl.kind === kind)
  }

  private heading(level: 3 | 4, said: string, id = this.ids.of(said)): string {
    this.blocks.push({ kind: 'heading', level, text: said, id })
    return id
  }

  private tools(): void {
    const tools = this.all('tool')
    if (tools.length === 0) return
    const id = this.heading(3, 'Tools')
    const rows = tools.map(({ name, takes, returns, traits }) => {
      this.note(name?.name, 'tool', id)
      const effects = traits.map(({ kind, by }) =>
        kind === 'reads'
          ? 'only reads'
          : kind === 'external'
            ? 'acts outside'
            : kind === 'settles'
              ? `${by.map(({ span }) => this.reading.words(span)).join(', ')} settled by what was spent`
              : `safe to repeat${by.length > 0 ? `, by ${by.map(({ span }) => this.reading.words(span)).join(', ')}` : ''}`,
      )
      return [
        [code(name?.name ?? '')],
        this.type(takes),
        returns === undefined ? [text('–')] : this.type(returns),
        [text(effects.join(', ') || '–')],
      ]
    })
    this.blocks.push({ kind: 'table', head: ['Tool', 'Takes', 'Gives', 'Effect'], rows })
  }

  private messages(): void {
    const messages = this.all('message')
    if (messages.length === 0) return
    const id = this.heading(3, 'Messages')
    const rows = messages.map(({ name, shape }) => {
      this.note(name?.name, 'message', id)
      return [[code(name?.name ?? '')], this.type(shape)]
    })
    this.blocks.push({ kind: 'table', head: ['Message', 'Carries'], rows })
  }

  private schemas(): void {
    for (const { name, body } of this.all('schema')) {
      const id = this.schemaIds.get(name?.name ?? '') ?? this.ids.of('schema')
      this.heading(4, `Schema ${name?.name ?? ''}`, id)
      this.note(name?.name, 'schema', id)
      const rows = body.fields.map((field) => [
        [code(field.name.name)],
        this.type(field.type),
        this.constraints(field),
      ])
      this.blocks.push({ kind: 'table', head: ['Field', 'Type', 'Must be'], rows })
      if (body.checks.length > 0)
        this.blocks.push({
          kind: 'list',
          items: body.checks.map((check) => ({
            of: [text(`${check.name?.value ?? 'check'}: ${this.reading.words(check.holds.span)}`)],
          })),
        })
    }
  }

  private names(): void {
    const facts = this.all('fact')
    if (facts.length > 0) {
      const id = this.heading(3, 'Facts')
      const rows = facts.map(({ name, is }) => [
        [code(name?.name ?? '')],
        [text(this.reading.words(is.span))],
      ])
      for (const { name } of facts) this.note(name?.name, 'fact', id)
      this.blocks.push({ kind: 'table', head: ['Fact', 'Holds after'], rows })
    }
    const groups = this.all('group')
    if (groups.length > 0) {
      const id = this.heading(3, 'Groups')
      for (const { name } of groups) this.note(name?.name, 'group', id)
      const rows = groups.map(({ name, members }) => [
        [code(name?.name ?? '')],
        listed(members.map((one) => code(one.name))),
      ])
      this.blocks.push({ kind: 'table', head: ['Group', 'Stands for'], rows })
    }
    const words = this.all('words')
    if (words.length > 0) {
      const id = this.heading(3, 'Words')
      for (const { name } of words) this.note(name?.name, 'words', id)
      const rows = words.map(({ name, words: said }) => [
        [code(name?.name ?? '')],
        [text(said.map(({ value }) => `“${value}”`).join(', '))],
      ])
      this.blocks.push({ kind: 'table', head: ['List', 'Words'], rows })
    }
    for (const { name, by, rows } of this.all('table')) {
      const id = this.heading(4, `Table ${name?.name ?? ''}`)
      this.note(name?.name, 'table', id)
      this.blocks.push({
        kind: 'table',
        head: [...by.map((one) => one.name), name?.name ?? ''],
        rows: rows.map(({ keys, value }) => [
          ...keys.map((key) => [text(key.value)]),
          [text(this.reading.words(value.span))],
        ]),
      })
    }
  }

  private note(name: string | undefined, what: string, id: string): void {
    if (name !== undefined) this.index.push({ name, what, id })
  }

  private constraints({ constraints }: FieldNode): Inline[] {
    const said = constraints.map(({ span }) => this.reading.words(span)).join(', ')
    return said === '' ? [] : [text(said)]
  }

  /** Names of schemas lead to them. */
  private type(type: TypeExpr): Inline[] {
    switch (type.kind) {
      case 'named': {
        const id = this.schemaIds.get(type.name.name)
        return [id === undefined ? code(type.name.name) : link(type.name.name, id)]
      }
      case 'list':
        return [text('list of '), ...this.type(type.of)]
      case 'map':
        return [text('map of '), ...this.type(type.of)]
      case 'record':
        return this.record(type)
      default:
        return [text(this.reading.words(type.span))]
    }
  }

  private record({ fields }: RecordType): Inline[] {
    if (fields.length === 0) return [text('nothing')]
    return fields.flatMap((field, index) => {
      const more = this.constraints(field)
      return [
        ...(index === 0 ? [] : [text('; ')]),
        code(field.name.name),
        text(' '),
        ...this.type(field.type),
        ...(more.length === 0 ? [] : [text(', '), ...more]),
      ]
    })
  }
}
