/** A page as one HTML file that needs nothing else: no script, no font, no network. */
import type { Block, Inline, Item, Page } from './document.ts'
import { STYLE } from './style.ts'
import { escapeXml, figureSvg } from './svg.ts'

export function html({ title, subtitle, blocks }: Page): string {
  const contents = blocks.filter((block) => block.kind === 'heading').filter(({ level }) => level < 4)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<nav aria-label="Contents"><p class="name">${escapeXml(title)}</p>
<ul>
${contents.map(({ level, text, id }) => `<li class="l${level}"><a href="#${id}">${escapeXml(text)}</a></li>`).join('\n')}
</ul></nav>
<main>
<header><h1>${escapeXml(title)}</h1><p class="subtitle">${escapeXml(subtitle)}</p></header>
${withoutContents(blocks).map(block).join('\n')}
</main>
</body>
</html>
`
}

/** The list of sections stands in the navigation. */
function withoutContents(blocks: readonly Block[]): readonly Block[] {
  const first = blocks.findIndex((one) => one.kind === 'heading')
  return blocks.filter((one, index) => index >= first || one.kind !== 'list')
}

function block(of: Block): string {
  switch (of.kind) {
    case 'heading':
      return `<h${of.level} id="${of.id}">${escapeXml(of.text)}</h${of.level}>`
    case 'paragraph':
      return `<p>${inlines(of.of)}</p>`
    case 'list':
      return items(of.items)
    case 'table':
      return `<div class="wide"><table><thead><tr>${of.head.map((one) => `<th>${escapeXml(one)}</th>`).join('')}</tr></thead><tbody>${of.rows.map((row) => `<tr>${row.map((cell) => `<td>${inlines(cell)}</td>`).join('')}</tr>`).join('')}</tbody></table></div>`
    case 'code':
      return `<pre><code>${escapeXml(of.text)}</code></pre>`
    case 'figure':
      return `<figure class="wide">${figureSvg(of.rows)}</figure>`
    case 'facts':
      return `<dl>${of.facts.map(([label, said]) => `<div><dt>${escapeXml(label)}</dt><dd>${inlines(said)}</dd></div>`).join('')}</dl>`
    case 'folded':
      return `<details><summary>${inlines(of.summary)}</summary>${of.blocks.map(block).join('')}</details>`
  }
}

function items(of: readonly Item[]): string {
  return `<ul>${of.map((item) => `<li>${inlines(item.of)}${item.items ? items(item.items) : ''}</li>`).join('')}</ul>`
}

const inlines = (of: readonly Inline[]): string => of.map(inline).join('')

function inline(one: Inline): string {
  const said = escapeXml(one.text)
  switch (one.kind) {
    case 'text':
      return said
    case 'code':
      return `<code>${said}</code>`
    case 'strong':
      return `<strong>${said}</strong>`
    case 'note':
      return `<em class="note ${said}">${said}</em>`
    case 'link':
      return `<a href="#${one.to}">${said}</a>`
  }
}
