/** A page as Markdown, as code hosts show it. */
import type { Block, FigureRow, Inline, Item, Page } from './document.ts'

export function markdown({ title, subtitle, blocks }: Page): string {
  return `${[`# ${plain(title)}`, plain(subtitle), ...blocks.map(block)].join('\n\n')}\n`
}

function block(of: Block): string {
  switch (of.kind) {
    case 'heading':
      return `<a id="${of.id}"></a>\n\n${'#'.repeat(of.level)} ${plain(of.text)}`
    case 'paragraph':
      return inlines(of.of)
    case 'list':
      return items(of.items, '')
    case 'table':
      return [of.head.map(plain), of.head.map(() => '---'), ...of.rows.map((row) => row.map(cell))]
        .map((row) => `| ${row.join(' | ')} |`)
        .join('\n')
    case 'code':
      return `\`\`\`${of.language}\n${of.text}\n\`\`\``
    case 'figure':
      return `\`\`\`text\n${of.rows.map(figureText).join('\n')}\n\`\`\``
    case 'facts':
      return of.facts.map(([label, said]) => `- *${plain(label)}:* ${inlines(said)}`).join('\n')
    case 'folded':
      return [`<details><summary>${html(of.summary)}</summary>`, ...of.blocks.map(block), '</details>'].join(
        '\n\n',
      )
  }
}

function items(of: readonly Item[], indent: string): string {
  return of
    .flatMap((item) => [
      `${indent}- ${inlines(item.of)}`,
      ...(item.items ? [items(item.items, `${indent}  `)] : []),
    ])
    .join('\n')
}

/** `✓  lookup ──30 minutes──▶ refund` */
function figureText({ holds, cells }: FigureRow): string {
  const parts = cells.map((one, index) => {
    const next = cells[index + 1]
    const joint = one.kind === 'gap' || next === undefined || next.kind === 'gap' ? '' : ' ──▶ '
    if (one.kind === 'gap') return one.text === '' ? ' ──▶ ' : ` ──${one.text}──▶ `
    if (one.kind === 'end') return `┤ ${one.text}`
    return `${one.refused ? '✗ ' : ''}[${one.text}]${joint}`
  })
  return `${holds ? 'holds ' : 'breaks'}  ${parts.join('')}`
}

const inlines = (of: readonly Inline[]): string => of.map(inline).join('')

function inline(one: Inline): string {
  switch (one.kind) {
    case 'text':
      return plain(one.text)
    case 'code':
      return one.text.includes('`') ? `\`\` ${one.text} \`\`` : `\`${one.text}\``
    case 'strong':
      return `**${plain(one.text)}**`
    case 'note':
      return `*${plain(one.text)}*`
    case 'link':
      return `[${plain(one.text)}](#${one.to})`
  }
}

const cell = (of: readonly Inline[]): string => inlines(of).replaceAll('|', '\\|').replaceAll('\n', ' ')

function html(of: readonly Inline[]): string {
  return of.map((one) => one.text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')).join('')
}

/** What Markdown would take for a sign of its own; an underline inside of a name is none. */
function plain(said: string): string {
  return said.replaceAll(/[\\`*[\]<>|]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\$&').replaceAll('\n', ' ')
}
