/** Names and addresses of the network, as the standards write them. */

/** RFC 1123: labels of letters, digits and hyphens. A label of the form `xn--…` must decode. */
export function isHostname(text: string): boolean {
  return text.length <= 253 && text.split('.').every(isLabel)
}

function isLabel(label: string): boolean {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label)) return false
  const decoded =
    label.slice(0, 4).toLowerCase() === 'xn--' ? decodePunycode(label.slice(4).toLowerCase()) : ''
  if (decoded === undefined) return false
  return decoded === '' ? label.slice(2, 4) !== '--' : isUnicodeLabel(decoded)
}

/** RFC 5890: labels in Unicode or in their ASCII form. */
export function isInternationalHostname(text: string): boolean {
  const labels = text.split(/[.\u3002\uff0e\uff61]/u)
  return (
    text.length <= 253 &&
    labels.every((label) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
      if (/^[\u0000-\u007f]*$/.test(label)) return isLabel(label)
      return (encodedLength(label) ?? 64) <= 63 && isUnicodeLabel(label)
    })
  )
}

/** RFC 5892, the rules that a table of general categories can decide, and its exceptions. */
function isUnicodeLabel(label: string): boolean {
  if (label === '' || label.startsWith('-') || label.endsWith('-') || label.slice(2, 4) === '--') return false
  if (/^\p{M}/u.test(label) || label.normalize('NFC') !== label) return false
  // Exceptions that are never allowed (RFC 5892, 2.6), and what changes under compatibility folding.
  if (/[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b]/u.test(label)) return false
  const characters = Array.from(label)
  return characters.every((character, i) => isAllowed(character, i, characters))
}

function isAllowed(character: string, i: number, label: readonly string[]): boolean {
  const before = label[i - 1]
  const after = label[i + 1]
  switch (character) {
    case '\u00b7':
      return before === 'l' && after === 'l'
    case '\u0375':
      return after !== undefined && /\p{Script=Greek}/u.test(after)
    case '\u05f3':
    case '\u05f4':
      return before !== undefined && /\p{Script=Hebrew}/u.test(before)
    case '\u30fb':
      return label.some(
        (one) => /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(one) && one !== '\u30fb',
      )
    case '\u200d':
      return before !== undefined && VIRAMA.test(before)
    case '\u200c':
      return before !== undefined && (VIRAMA.test(before) || joins(label, i))
  }
  if (/[\u0660-\u0669]/u.test(character)) return !label.some((one) => /[\u06f0-\u06f9]/u.test(one))
  if (/[\u06f0-\u06f9]/u.test(character)) return !label.some((one) => /[\u0660-\u0669]/u.test(one))
  if (/[\u00df\u03c2\u06fd\u06fe\u0f0b\u3007]/u.test(character)) return true
  return /^[\p{Ll}\p{Lo}\p{Lm}\p{Mn}\p{Mc}\p{Nd}-]$/u.test(character)
}

const VIRAMA =
  /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u0e3a\u0f84\u1039\u103a\u1714\u1734\u17d2\u1a60\u1b44\u1baa]/u

/** Between letters of a script whose letters join. */
function joins(label: readonly string[], i: number): boolean {
  const joining = /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}]/u
  return joining.test(label[i - 1] ?? '') && joining.test(label[i + 1] ?? '')
}

const [BASE, T_MIN, T_MAX, SKEW, DAMP, FIRST_BIAS, FIRST] = [36, 1, 26, 38, 700, 72, 128]

/** RFC 3492; undefined when it is no encoding. */
function decodePunycode(text: string): string | undefined {
  const split = text.lastIndexOf('-')
  const made = Array.from(split > 0 ? text.slice(0, split) : '', (character) => character.codePointAt(0)!)
  let [n, at, bias] = [FIRST, 0, FIRST_BIAS]
  let i = split > 0 ? split + 1 : 0
  if (i >= text.length) return undefined
  while (i < text.length) {
    const before = at
    let weight = 1
    for (let k = BASE; ; k += BASE) {
      const digit = digitOf(text.charCodeAt(i++))
      if (digit === undefined) return undefined
      at += digit * weight
      const threshold = Math.min(Math.max(k - bias, T_MIN), T_MAX)
      if (digit < threshold) break
      weight *= BASE - threshold
      if (at > 0x7fffffff || weight > 0x7fffffff) return undefined
    }
    bias = adapted(at - before, made.length + 1, before === 0)
    n += Math.floor(at / (made.length + 1))
    at %= made.length + 1
    if (n > 0x10ffff) return undefined
    made.splice(at++, 0, n)
  }
  return String.fromCodePoint(...made)
}

function digitOf(code: number): number | undefined {
  if (code >= 48 && code <= 57) return code - 22
  return code >= 97 && code <= 122 ? code - 97 : undefined
}

function adapted(delta: number, count: number, first: boolean): number {
  let rest = first ? Math.floor(delta / DAMP) : Math.floor(delta / 2)
  rest += Math.floor(rest / count)
  let k = 0
  while (rest > ((BASE - T_MIN) * T_MAX) / 2) {
    rest = Math.floor(rest / (BASE - T_MIN))
    k += BASE
  }
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW))
}

/** Length of a label's ASCII form, as the platform encodes it. */
function encodedLength(label: string): number | undefined {
  const url = URL.parse(`http://${label}/`)
  return url === null ? undefined : url.hostname.length
}

export function isIpv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text)
}

/** RFC 4291; no zone. */
export function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (text.length > 45 || halves.length > 2) return false
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1)?.at(-1)
  const dotted = last?.includes('.') === true
  if (dotted && !isIpv4(last)) return false
  const all = groups.flat()
  const plain = dotted ? all.slice(0, -1) : all
  if (!plain.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false
  const count = plain.length + (dotted ? 2 : 0)
  return halves.length === 2 ? count <= 7 : count === 8
}

/** RFC 5321; `international` lets in RFC 6531. */
export function isEmail(text: string, international: boolean): boolean {
  const at = text.lastIndexOf('@')
  if (at < 1 || text.length > 254) return false
  const local = text.slice(0, at)
  const domain = text.slice(at + 1)
  const literal = /^\[(?:IPv6:)?([^\]]*)\]$/i.exec(domain)
  if (literal !== null) {
    const inside = literal[1] ?? ''
    if (!(domain.toLowerCase().startsWith('[ipv6:') ? isIpv6(inside) : isIpv4(inside))) return false
  } else if (!(international ? isInternationalHostname(domain.normalize('NFC')) : isHostname(domain)))
    return false
  if (local.length > 64) return false
  const quoted = international ? /^"(?:[^"\\\p{Cc}]|\\[ -~])*"$/u : /^"(?:[ !#-[\]-~]|\\[ -~])*"$/
  if (quoted.test(local)) return true
  const atom = international ? /^[^\s\p{Cc}"(),:;<>@[\\\].]+$/u : /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+$/
  return local.split('.').every((part) => atom.test(part))
}
