/** A tree as an indented outline without spans, for goldens. */

/** Any plain data; nodes show their `kind` first. */
export function outline(value: object, depth = 0): string {
  const pad = '  '.repeat(depth)
  const lines: string[] = []
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'span' || key === 'verbSpan' || key === 'kind' || inner === undefined) continue
    if (Array.isArray(inner) && inner.length === 0) continue
    const short = shortOf(inner)
    if (short !== undefined) lines.push(`${pad}${key}: ${short}`)
    else if (Array.isArray(inner)) {
      lines.push(`${pad}${key}:`)
      for (const item of inner) lines.push(itemText(item, depth + 1))
    } else lines.push(`${pad}${key}: ${kindOf(inner)}`, outline(inner, depth + 1))
  }
  return lines.filter((line) => line !== '').join('\n')
}

function itemText(item: object, depth: number): string {
  const pad = '  '.repeat(depth)
  const short = shortOf(item)
  if (short !== undefined) return `${pad}- ${short}`
  const inside = outline(item, depth + 1)
  return `${pad}- ${kindOf(item)}${inside === '' ? '' : `\n${inside}`}`
}

function kindOf(value: object): string {
  return 'kind' in value && typeof value.kind === 'string' ? value.kind : ''
}

/** Names, texts, paths and literals fit on a line. */
function shortOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) {
    const items = value.map(shortOf)
    return items.every((item) => item !== undefined) && items.join(', ').length < 90
      ? `[${items.join(', ')}]`
      : undefined
  }
  if ('quoted' in value && 'name' in value) return String(value.name)
  if ('parts' in value && Array.isArray(value.parts))
    return value.parts.map((part: { name: string }) => part.name).join('.')
  const keys = Object.keys(value).filter((key) => key !== 'span' && key !== 'kind')
  if (keys.length === 1 && 'value' in value && typeof value.value !== 'object')
    return `${kindOf(value)} ${JSON.stringify(value.value)}`.trim()
  return undefined
}
