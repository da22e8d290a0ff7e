/** A `like` mask as a regular expression for the whole text: `#` digit, `@` letter, `*` letter or digit. */

const CLASSES: Readonly<Record<string, string>> = { '#': '[0-9]', '@': '[A-Za-z]', '*': '[A-Za-z0-9]' }

export function maskToPattern(mask: string): string {
  let pattern = ''
  for (let at = 0; at < mask.length; ) {
    const sign = mask[at]!
    let count = 1
    while (mask[at + count] === sign) count++
    const one = CLASSES[sign] ?? sign.replace(/[.*+?^${}()|[\]\\/]/, '\\$&')
    pattern += count === 1 ? one : `${one}{${count}}`
    at += count
  }
  return pattern
}
