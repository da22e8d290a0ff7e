/**
 * A rule's `check` tree in the policy language, for one table. Mechanical: every operator has one spelling, and what it
 * needs of other rows or tables becomes `where … is the latest …` over rows that were told before. What a table's
 * columns are is known when a policy is written, so that tests of it are decided here.
 *
 * A rule is not run on a table that lacks a column it compares, as in the reference engine.
 */
import { type Column, columnOf, parts } from './columns.ts'
import type { CdiscRule, Leaf, Operation, Tree } from './corpus.ts'
import { COMPLETE_DATE, DURATION, PARTIAL_DATE } from './iso-dates.ts'
import { filtered, OtherRows, type Pair, type Telling } from './other-rows.ts'
import { ABSENT, COMPARED, combine, decimal, NotRun, name, negate, quote, type Said, Unsaid } from './said.ts'
import { asText, ROW, type Table } from './tables.ts'

export interface Translated {
  /** Undefined where nothing can be flagged in this table. */
  readonly rule?: string
  /** It asks about the table's columns alone, and finds the table wanting as a whole. */
  readonly whole: boolean
  /** In which orders rows must be told. */
  readonly tellings: readonly Telling[]
}

export function translate(rule: CdiscRule, table: Table, tables: readonly Table[]): Translated {
  if (rule.check === null || rule.check === undefined) throw new Unsaid('it has no check')
  return new Translation(rule, table, tables).translate(rule.check)
}

interface Joined {
  readonly table: Table
  readonly binding: string
}

class Translation {
  readonly #rule: CdiscRule
  readonly #table: Table
  readonly #tables: readonly Table[]
  readonly #others = new OtherRows()
  readonly #joined: Joined[] = []
  readonly #operations: ReadonlyMap<string, Operation>

  constructor(rule: CdiscRule, table: Table, tables: readonly Table[]) {
    this.#rule = rule
    this.#table = table
    this.#tables = tables
    this.#operations = new Map(rule.operations.map((each) => [each.id, each]))
  }

  translate(check: Tree): Translated {
    for (const match of this.#rule.match_datasets) this.#join(match)
    const said = this.#say(check)
    if (said === false || said === ABSENT) return { whole: false, tellings: [] }
    const joined = this.#joined.map(({ binding }) => `${binding}.${name(ROW)} is present`)
    const condition = [...joined, ...(typeof said === 'string' ? [`(${said})`] : [])]
    const when = [`anyone calls ${name(this.#table.name)}`, ...condition].join(' and ')
    return {
      rule: `when ${when}${this.#others.where} then warn on error allow`,
      whole: said === true,
      tellings: this.#others.tellings,
    }
  }

  #join({ Name, Keys = [] }: CdiscRule['match_datasets'][number]): void {
    const other = this.#tables.find((each) => each.name === Name.toUpperCase())
    if (Keys.length === 0 || /--|^(?:RELREC|SUPP)/.test(Name)) throw new Unsaid(`rows joined through ${Name}`)
    if (other === undefined) throw new NotRun()
    if (other.name === this.#table.name) return
    const pairs = Keys.map((key) => {
      const [left, right] = typeof key === 'string' ? [key, key] : [key.Left, key.Right]
      return [this.#full(left), right.replace('--', other.prefix)] as const
    })
    for (const [left, right] of pairs)
      if (!this.#table.columns.has(left) || !other.columns.has(right)) throw new NotRun()
    this.#joined.push({ table: other, binding: this.#others.last(other, ROW, '', pairs) })
  }

  #needs(...columns: readonly string[]): void {
    for (const column of columns) if (!this.#table.columns.has(column)) throw new NotRun()
  }

  #full(column: string): string {
    return column.replace(/^--/, this.#table.prefix)
  }

  #say(tree: Tree): Said {
    if (tree.all === null || tree.any === null) throw new Unsaid('it is not written out')
    if (tree.all !== undefined)
      return combine(
        'and',
        tree.all.map((each) => this.#say(each)),
      )
    if (tree.any !== undefined)
      return combine(
        'or',
        tree.any.map((each) => this.#say(each)),
      )
    if (tree.not !== undefined) return negate(this.#say(tree.not))
    try {
      return this.#leaf(tree)
    } catch (cause) {
      if (cause instanceof NotRun) return ABSENT
      throw cause
    }
  }

  #leaf(leaf: Leaf): Said {
    const { name: written, operator, value } = leaf
    if (written === undefined || operator === undefined || operator === null || operator === '')
      throw new Unsaid('it is not written out')
    const column = this.#full(written)
    if (operator === 'exists' || operator === 'not_exists')
      return this.#hasColumn(column) === (operator === 'exists')
    if (written.startsWith('$')) return this.#ofOperation(leaf)
    const at = this.#column(column)
    switch (operator) {
      case 'empty':
        return at.empty
      case 'non_empty':
        return negate(at.empty)
      case 'equal_to':
      case 'not_equal_to':
      case 'equal_to_case_insensitive':
      case 'not_equal_to_case_insensitive': {
        const exactly = operator.endsWith('case_insensitive') ? '' : ' exactly'
        return this.#equal(at, leaf, exactly, operator.startsWith('not'))
      }
      case 'is_contained_by':
      case 'is_not_contained_by':
      case 'is_contained_by_case_insensitive':
      case 'is_not_contained_by_case_insensitive': {
        const within = this.#contained(at, column, leaf, operator.endsWith('insensitive') ? '' : ' exactly')
        return operator.startsWith('is_not') ? negate(within) : within
      }
      case 'greater_than':
      case 'greater_than_or_equal_to':
      case 'less_than':
      case 'less_than_or_equal_to':
        return this.#compared(at, leaf, COMPARED[operator] ?? '')
      case 'date_equal_to':
      case 'date_not_equal_to':
      case 'date_greater_than':
      case 'date_greater_than_or_equal_to':
      case 'date_less_than':
      case 'date_less_than_or_equal_to':
        return this.#dated(at, leaf, COMPARED[operator.slice('date_'.length)] ?? '')
      case 'longer_than':
        return `length of ${at.text} > ${Number(value)}`
      case 'has_not_equal_length':
        return `length of ${at.text} != ${Number(value)}`
      case 'contains':
      case 'contains_case_insensitive':
      case 'does_not_contain': {
        const said = `${at.text} contains ${quote(String(value))}${operator === 'contains_case_insensitive' ? '' : ' exactly'}`
        return operator === 'does_not_contain' ? negate(said) : said
      }
      case 'starts_with':
        return `${at.text} starts with ${quote(String(value))} exactly`
      case 'ends_with':
        return `${at.text} ends with ${quote(String(value))} exactly`
      case 'matches_regex':
      case 'not_matches_regex':
        return this.#matches(at, String(value), operator === 'not_matches_regex', '^', '')
      case 'prefix_matches_regex':
      case 'not_prefix_matches_regex':
        // The first so many characters begin as the expression says; those we meet fix their own length.
        return this.#matches(at, String(value), operator.startsWith('not'), '^', '')
      case 'suffix_matches_regex':
      case 'not_suffix_matches_regex':
        return this.#matches(at, String(value).replace(/^\^|\$$/g, ''), operator.startsWith('not'), '', '$')
      case 'invalid_date':
        return combine('and', [
          negate(at.empty),
          negate(`${at.text} matches ${quote(`^(?:${PARTIAL_DATE})$`)}`),
        ])
      case 'is_complete_date':
        return `${at.text} matches ${quote(`^${COMPLETE_DATE}`)}`
      case 'is_incomplete_date':
        return negate(`${at.text} matches ${quote(`^${COMPLETE_DATE}`)}`)
      case 'invalid_duration':
        return negate(
          combine('and', [
            `${at.text} matches ${quote(`^${leaf.negative === true ? '-?' : ''}${DURATION}$`)} exactly`,
            `${at.text} matches "[YMWDHS]$" exactly`,
          ]),
        )
      case 'is_not_unique_set':
      case 'is_unique_set': {
        const twice = this.#twice([column, ...[value].flat().map((each) => this.#full(String(each)))])
        return operator === 'is_unique_set' ? negate(twice) : twice
      }
      case 'is_not_unique_relationship': {
        const other = this.#full(String(value))
        this.#needs(column, other)
        // Two columns of one-to-one values: what is empty is a value too, but nothing hangs on it.
        return combine('or', [
          combine('and', [negate(at.empty), this.#apart(other, [[column, column]])]),
          combine('and', [negate(this.#column(other).empty), this.#apart(column, [[other, other]])]),
        ])
      }
      case 'is_inconsistent_across_dataset': {
        const keys = [value].flat().map((each) => this.#full(String(each)))
        this.#needs(column, ...keys)
        return this.#apart(
          column,
          keys.map((key): Pair => [key, key]),
        )
      }
      case 'present_on_multiple_rows_within':
        return this.#twice([column, this.#full(leaf.within ?? '')])
      default:
        throw new Unsaid(`operator ${operator}`)
    }
  }

  #hasColumn(column: string): boolean {
    return this.#find(column) !== undefined
  }

  #column(column: string): Column {
    const found = this.#find(column)
    if (found === undefined) throw new NotRun()
    return found
  }

  /** Of the table itself, of a joined one, or of a joined one that is named before or after the column. */
  #find(column: string): Column | undefined {
    const own = this.#table.columns.get(column)
    if (own !== undefined) return columnOf('', column, own)
    for (const { table, binding } of this.#joined) {
      const bare = [column, ...parts(column, table.name)].map((each) => each.replace(/^--/, table.prefix))
      for (const each of bare) {
        const type = table.columns.get(each)
        if (type !== undefined) return columnOf(`${binding}.`, each, type)
      }
    }
    return undefined
  }

  #equal(at: Column, leaf: Leaf, exactly: string, not: boolean): Said {
    const value = this.#constant(leaf.value)
    if (Array.isArray(value)) throw new Unsaid('equality with a list')
    const other = typeof value === 'string' && leaf.value_is_literal !== true ? this.#full(value) : undefined
    if (other !== undefined && this.#hasColumn(other)) {
      const right = this.#column(other)
      const bothNumbers = leaf.type_insensitive === true || (at.type === 'number' && right.type === 'number')
      const same = bothNumbers ? `${at.number} = ${right.number}` : `${at.text} is ${right.text}${exactly}`
      const bothEmpty = combine('and', [at.empty, right.empty])
      const bothThere = combine('and', [negate(at.empty), negate(right.empty), same])
      return not ? combine('and', [negate(bothEmpty), negate(bothThere)]) : bothThere
    }
    const literal = value === null || value === undefined ? '' : String(value)
    if (literal === '') return not ? negate(at.empty) : false
    if (literal.startsWith('$')) throw new Unsaid('a value made by an operation')
    if (at.type === 'number') {
      if (Number.isNaN(Number(literal))) return not
      return not
        ? combine('or', [at.empty, `${at.said} != ${decimal(literal)}`])
        : combine('and', [negate(at.empty), `${at.said} = ${decimal(literal)}`])
    }
    const spelled = typeof value === 'boolean' ? (value ? 'True' : 'False') : literal
    const loosely = typeof value === 'boolean' ? '' : exactly
    const same = `${at.said} is ${quote(spelled)}${loosely}`
    return not ? negate(same) : same
  }

  #contained(at: Column, column: string, leaf: Leaf, exactly: string): Said {
    const { value } = leaf
    if (typeof value === 'string' && value.startsWith('$')) {
      const operation = this.#operations.get(value)
      if (operation?.operator === 'distinct') return this.#among(column, operation)
    }
    const list = this.#constant(value)
    if (Array.isArray(list)) {
      if (list.length === 0) return false
      if (at.type === 'number')
        return combine(
          'or',
          list
            .filter((each) => !Number.isNaN(Number(each)))
            .map((each) => combine('and', [negate(at.empty), `${at.said} = ${decimal(String(each))}`])),
        )
      return combine(
        'or',
        list.map((each) => `${at.said} is ${quote(String(each))}${exactly}`),
      )
    }
    if (typeof list === 'string' && this.#hasColumn(this.#full(list)))
      throw new Unsaid('a list kept in a column')
    throw new Unsaid('a list made by an operation')
  }

  /** The value is in a column of a table that was told. */
  #among(column: string, { domain, name: of = '', group = [], filter }: Operation): Said {
    const other =
      domain === undefined ? this.#table : this.#tables.find((each) => each.name === domain.toUpperCase())
    if (other === undefined) throw new NotRun()
    const there = of.replace(/^--/, other.prefix)
    if (!other.columns.has(there)) throw new NotRun()
    const keys = group.map((key): Pair => [this.#full(key), key.replace(/^--/, other.prefix)])
    for (const [left, right] of keys)
      if (!this.#table.columns.has(left) || !other.columns.has(right)) throw new NotRun()
    const binding = this.#others.last(other, ROW, filtered(other, filter), [...keys, [column, there]])
    return `${binding}.${name(ROW)} is present`
  }

  #ofOperation({ name: id = '', operator, value }: Leaf): Said {
    const operation = this.#operations.get(id)
    if (operation === undefined) throw new Unsaid('an operation that is not there')
    if (operation.operator === 'record_count') return this.#counted(operation, operator ?? '', value)
    if (operation.operator === 'distinct' && (operator === 'does_not_contain' || operator === 'contains')) {
      const other = this.#tables.find(
        (each) => each.name === (operation.domain ?? this.#table.name).toUpperCase(),
      )
      if (other === undefined) return operator === 'does_not_contain'
      const of = (operation.name ?? '').replace(/^--/, other.prefix)
      if (!other.columns.has(of)) throw new NotRun()
      const keys = (operation.group ?? []).map(
        (key): Pair => [this.#full(key), key.replace(/^--/, other.prefix)],
      )
      const wanted = `${name(of)} is ${quote(String(value))} exactly`
      const more = filtered(other, operation.filter)
      const binding = this.#others.last(other, ROW, more === '' ? wanted : `${more} and ${wanted}`, keys)
      const there = `${binding}.${name(ROW)} is present`
      return operator === 'contains' ? there : negate(there)
    }
    const constant = this.#constant(id)
    if (Array.isArray(constant) && Array.isArray(value) && operator === 'not_contains_all')
      return !value.every((each) => constant.includes(String(each)))
    if (typeof constant === 'number') {
      const [left, right] = [constant, Number(value)]
      if (operator === 'equal_to') return left === right
      if (operator === 'not_equal_to') return left !== right
      if (operator === 'less_than') return left < right
      if (operator === 'greater_than') return left > right
    }
    if (typeof constant === 'boolean' && (operator === 'equal_to' || operator === 'not_equal_to'))
      return (constant === value) === (operator === 'equal_to')
    throw new Unsaid(`operation ${operation.operator}`)
  }

  #counted({ domain, group = [], filter }: Operation, operator: string, value: Leaf['value']): Said {
    const other =
      domain === undefined ? this.#table : this.#tables.find((each) => each.name === domain.toUpperCase())
    if (other === undefined) throw new NotRun()
    const keys = group.map((key): Pair => [this.#full(key), key.replace(/^--/, other.prefix)])
    for (const [left, right] of keys)
      if (!this.#table.columns.has(left) || !other.columns.has(right)) throw new NotRun()
    const more = filtered(other, filter)
    const last = this.#others.last(other, ROW, more, keys)
    const first = (): string => this.#others.first(other, ROW, more, keys)
    const some = `${last}.${name(ROW)} is present`
    const several = (): Said => combine('and', [some, `${last}.${name(ROW)} != ${first()}.${name(ROW)}`])
    switch (`${operator} ${value}`) {
      case 'greater_than 0':
      case 'greater_than_or_equal_to 1':
      case 'not_equal_to 0':
        return some
      case 'equal_to 0':
      case 'less_than 1':
        return negate(some)
      case 'greater_than 1':
      case 'greater_than_or_equal_to 2':
        return several()
      case 'equal_to 1':
        return combine('and', [some, negate(several())])
      case 'not_equal_to 1':
        return negate(combine('and', [some, negate(several())]))
      default:
        throw new Unsaid('a count of rows beyond none, one and several')
    }
  }

  /** Another row has the same values in these columns: the first such row is not the last. */
  #twice(columns: readonly string[]): Said {
    const unique = [...new Set(columns)]
    this.#needs(...unique)
    const keys = unique.map((column): Pair => [column, column])
    return this.#apart(ROW, keys)
  }

  /** Rows with these values of the keys have several values of the column: the first of them is not the last. */
  #apart(column: string, keys: readonly Pair[]): Said {
    const last = this.#others.last(this.#table, column, '', keys)
    const first = this.#others.first(this.#table, column, '', keys)
    if (column === ROW) return `${last}.${name(ROW)} != ${first}.${name(ROW)}`
    // As text: a number that is not there differs from one that is.
    const text = this.#table.columns.get(column) === 'text' ? column : asText(column)
    return `not (${last}.${name(text)} is ${first}.${name(text)} exactly)`
  }

  #compared(at: Column, { value }: Leaf, sign: string): Said {
    if (typeof value === 'string' && this.#hasColumn(this.#full(value))) {
      const right = this.#column(this.#full(value))
      return combine('and', [
        `${at.number} is present`,
        `${right.number} is present`,
        `${at.number} ${sign} ${right.number}`,
      ])
    }
    if (Number.isNaN(Number(value))) throw new Unsaid('a value made by an operation')
    return combine('and', [`${at.number} is present`, `${at.number} ${sign} ${decimal(String(value))}`])
  }

  #dated(at: Column, { value }: Leaf, sign: string): Said {
    if (typeof value !== 'string' || value.startsWith('$')) throw new Unsaid('a date made by an operation')
    if (!this.#hasColumn(this.#full(value))) throw new NotRun()
    const right = this.#column(this.#full(value))
    return combine('and', [
      `${at.time} is present`,
      `${right.time} is present`,
      `${at.time} ${sign} ${right.time}`,
    ])
  }

  #matches(at: Column, expression: string, not: boolean, before: string, after: string): Said {
    if (/\(\?[=!<]/.test(expression)) throw new Unsaid('an expression with look-around')
    const said = `${at.text} matches ${quote(`${before}(?:${expression})${after}`)} exactly`
    return not ? negate(said) : said
  }

  /** What an operation gives that only asks about the tables' columns and names. */
  #constant(value: Leaf['value']): Leaf['value'] | undefined {
    if (typeof value !== 'string' || !value.startsWith('$')) return value
    const operation = this.#operations.get(value)
    const column = this.#full(operation?.name ?? '')
    switch (operation?.operator) {
      case 'domain_label':
        return this.#table.label
      case 'study_domains':
      case 'dataset_names':
        return this.#tables.map(({ name: each }) => each)
      case 'get_column_order_from_dataset':
      case 'variable_names':
        return [...this.#table.columns.keys()]
      case 'variable_exists':
        return this.#table.columns.has(column)
      case 'variable_count':
        return this.#tables.filter((each) =>
          each.columns.has((operation.name ?? '').replace(/^--/, each.prefix)),
        ).length
      default:
        throw new Unsaid(`operation ${operation?.operator ?? value}`)
    }
  }
}
