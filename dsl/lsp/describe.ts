/** What a name stands for, as Markdown. */
import type { ToolInfo } from '../check/model.ts'
import { showType } from '../check/type-text.ts'
import { looksOf } from '../plan/looks.ts'
import type { Span, Type } from '../plan/plan.ts'
import type { Declaration, FieldNode, RecordType, ToolDecl, TypeExpr } from '../syntax/ast.ts'
import type { PolicyDocument } from './document.ts'
import type { Meaning } from './meaning.ts'
import { fieldsOfType } from './written.ts'

/** Rows of a table of fields that are shown. */
const ROWS_MAX = 40
const TEXTS_MAX = 12

export function describe(meaning: Meaning, document: PolicyDocument): string {
  const decl = document.declarationAt(meaning.span[0])
  if (decl === undefined) return ''
  if (decl.kind === 'use') return describeImported(meaning, document)
  switch (meaning.kind) {
    case 'field':
      return describeField(meaning, decl, document)
    case 'value':
      return describeValue(meaning, decl, document)
    case 'variable':
      return code(`${meaning.name}`) + note('each element in turn')
    case 'check':
      return describeCheck(meaning, decl, document)
    default:
      return describeDeclaration(decl, document)
  }
}

/** Nothing of it is in the text but the file's name. */
function describeImported(meaning: Meaning, document: PolicyDocument): string {
  const { vocabulary, schemaTypes } = document.analysis.model
  const tool = meaning.kind === 'tool' ? vocabulary.tools.get(meaning.name) : undefined
  const fields =
    tool?.takes.named ?? (meaning.kind === 'schema' ? schemaTypes.get(meaning.name)?.fields : undefined)
  const rows = Object.entries(fields ?? {}).slice(0, ROWS_MAX)
  const table = rows.map(
    ([name, { type, optional }]) =>
      `| \`${name}\` | ${cell(showType(type))} | ${optional ? 'optional' : ''} |`,
  )
  const head =
    tool === undefined ? `${meaning.kind} ${meaning.name}` : `tool ${meaning.name}(${shownTakes(tool)})`
  const shown =
    table.length === 0 ? '' : note(`| field | type | limits |\n| --- | --- | --- |\n${table.join('\n')}`)
  return code(head) + shown + note('from the file that `use` names')
}

function describeDeclaration(decl: Declaration, document: PolicyDocument): string {
  switch (decl.kind) {
    case 'schema':
      return `${code(`schema ${decl.name?.name}`)}${fieldTable(decl.body.fields, document)}${checks(decl.body)}`
    case 'tool': {
      const returns = decl.returns === undefined ? '' : ` returns ${slice(decl.returns.span, document)}`
      const traits = decl.traits.map((trait) => slice(trait.span, document)).join(', ')
      return [
        code(`tool ${decl.name?.name}(${shownTakes(toolInfo(decl, document))})${returns}`),
        traits === '' ? '' : note(traits),
        fieldTable(fieldsOfType(decl.takes, document.analysis.model.vocabulary), document),
      ].join('')
    }
    case 'message':
      return `${code(`message ${decl.name?.name}`)}${fieldTable(
        fieldsOfType(decl.shape, document.analysis.model.vocabulary),
        document,
      )}`
    case 'agent':
    case 'detector':
    case 'fact':
    case 'test':
      return code(document.text.slice(decl.span[0], decl.span[1]))
    case 'words': {
      const shown = decl.words.slice(0, TEXTS_MAX).map((word) => `"${word.value}"`)
      const more = decl.words.length > TEXTS_MAX ? `, … (${decl.words.length} in all)` : ''
      return code(`words ${decl.name?.name}`) + note(shown.join(', ') + more)
    }
    case 'table':
      return `${code(`table ${decl.name?.name} by ${decl.by.map((key) => key.name).join(', ')}`)}${note(
        `${decl.rows.length} rows`,
      )}`
    case 'group': {
      const members = document.analysis.model.vocabulary.members.get(decl.name?.name ?? '') ?? []
      return code(`group ${decl.name?.name}`) + note(members.map((member) => `\`${member.name}\``).join(', '))
    }
    default:
      return ''
  }
}

function describeCheck(meaning: Meaning, decl: Declaration, document: PolicyDocument): string {
  if (decl.kind === 'schema') {
    const check = decl.body.checks.find(({ name }) => name?.value === meaning.name)
    return check === undefined
      ? ''
      : code(slice(check.span, document)) + note(`holds for every \`${decl.name?.name}\``)
  }
  if (decl.kind !== 'rule' && decl.kind !== 'consistency') return ''
  const because = decl.notes.because === undefined ? '' : note(`because “${decl.notes.because.value}”`)
  const bounds = boundsOf(meaning.name, document).map((bound) => note(bound))
  const shadow = decl.notes.shadow === true ? note('mode shadow: reported, not enforced') : ''
  return [code(`${decl.kind} "${meaning.name}"`), because, shadow, ...bounds].join('')
}

/** What a rule or consistency keeps, in words; [] while the policy has errors. */
export function boundsOf(name: string, document: PolicyDocument): readonly string[] {
  const { plan } = document
  const named = (check: { readonly name: string }) => check.name === name
  const consistency = plan?.consistencies.find(named)
  const rule = plan?.rules.find(named)
  const check = consistency ?? rule
  const looks = check === undefined ? undefined : looksOf(check)
  return [
    ...(consistency === undefined ? [] : [`keeps ${consistency.bound}`]),
    ...(rule?.bindings.map((binding) => `keeps for \`${binding.name}\` ${binding.bound}`) ?? []),
    ...(looks === undefined ? [] : [looks]),
  ]
}

function describeValue(meaning: Meaning, decl: Declaration, document: PolicyDocument): string {
  if (decl.kind !== 'rule') return ''
  const value = decl.named.find(({ name }) => name.span[0] === meaning.span[0])
  if (value === undefined) return ''
  const bound = boundsOf(decl.name?.value ?? '', document).find((line) =>
    line.includes(`\`${meaning.name}\``),
  )
  return code(slice(value.span, document)) + (bound === undefined ? '' : note(bound))
}

function describeField(meaning: Meaning, decl: Declaration, document: PolicyDocument): string {
  const found = fieldWritten(meaning.span[0], decl)
  if (found === undefined) return ''
  const owner = 'name' in decl && decl.name !== undefined && 'quoted' in decl.name ? decl.name.name : ''
  return (
    code(slice(found.span, document)) +
    note(`field of \`${owner}\``) +
    fieldTable(innerFields(found, document), document)
  )
}

function innerFields(field: FieldNode, document: PolicyDocument): readonly FieldNode[] {
  let type = field.type
  while (type.kind === 'list' || type.kind === 'map') type = type.of
  return fieldsOfType(type, document.analysis.model.vocabulary)
}

/** The field whose name starts at `start`. */
function fieldWritten(start: number, decl: Declaration): FieldNode | undefined {
  if (decl.kind === 'schema') return inType(decl.body, start)
  if (decl.kind === 'message') return inType(decl.shape, start)
  if (decl.kind !== 'tool') return undefined
  return inType(decl.takes, start) ?? (decl.returns === undefined ? undefined : inType(decl.returns, start))
}

function inType(type: TypeExpr, start: number): FieldNode | undefined {
  if (type.kind === 'list' || type.kind === 'map') return inType(type.of, start)
  if (type.kind !== 'record') return undefined
  for (const field of type.fields) {
    if (field.name.span[0] === start) return field
    const inner = inType(field.type, start)
    if (inner !== undefined) return inner
  }
  return undefined
}

function fieldTable(fields: readonly FieldNode[], document: PolicyDocument): string {
  if (fields.length === 0) return ''
  const rows = fields.slice(0, ROWS_MAX).map((field) => {
    const limits = field.constraints.map((constraint) => slice(constraint.span, document)).join(', ')
    return `| \`${field.name.name}\` | ${cell(slice(field.type.span, document))} | ${cell(limits)} |`
  })
  const more = fields.length > ROWS_MAX ? `\n\n… and ${fields.length - ROWS_MAX} more` : ''
  return `\n\n| field | type | limits |\n| --- | --- | --- |\n${rows.join('\n')}${more}`
}

function checks(record: RecordType): string {
  return record.checks.map((check) => note(`checks “${check.name?.value ?? ''}”`)).join('')
}

/** `order: text, amount: money in USD` */
export function shownTakes(tool: ToolInfo | undefined): string {
  return Object.entries(tool?.takes.named ?? {})
    .map(([name, { type }]) => `${name}: ${typeWords(type)}`)
    .join(', ')
}

/** Without the article that sentences need. */
export function typeWords(type: Type): string {
  return showType(type).replace(/^an? /, '')
}

function toolInfo(decl: ToolDecl, document: PolicyDocument): ToolInfo | undefined {
  return document.analysis.model.vocabulary.tools.get(decl.name?.name ?? '')
}

/** Source text on one line. */
export function slice(span: Span, document: PolicyDocument): string {
  return document.text.slice(span[0], span[1]).replace(/\s+/g, ' ').trim()
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

export function code(text: string): string {
  return `\`\`\`parapet\n${text}\n\`\`\``
}

function note(text: string): string {
  return `\n\n${text}`
}
