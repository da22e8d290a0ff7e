/** Regular expressions as JSON Schema writes them (ECMA-262, Unicode) → the linear-time ones the judge runs. */
import { compilePattern, type Pattern } from '../patterns.ts'

/** White space in ECMA-262: more than the linear engine takes `\s` for. */
const SPACE =
  '\\t\\n\\x0b\\f\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}'

/** Found anywhere in the text. Undefined for what has no linear-time meaning: look-around, back-references. */
export function compileExpression(source: string): Pattern | undefined {
  if (!isExpression(source)) return undefined
  const linear = translated(source)
  return linear === undefined ? undefined : compilePattern(linear, true, true)
}

/** Does the text read as an expression at all? */
export function isExpression(source: string): boolean {
  try {
    new RegExp(source, 'u')
    return true
  } catch {
    // The only way the platform says that an expression is malformed.
    return false
  }
}

function translated(source: string): string | undefined {
  let made = ''
  let inClass = false
  for (let i = 0; i < source.length; i++) {
    const sign = source[i]!
    if (sign === '[' && !inClass) {
      inClass = true
      if (source.startsWith('[^]', i) || source.startsWith('[]', i)) return undefined
    } else if (sign === '[') {
      made += '\\['
      continue
    } else if (sign === ']') inClass = false
    if (sign === '.' && !inClass) {
      made += '[^\\n\\r\\x{2028}\\x{2029}]'
      continue
    }
    if (sign !== '\\') {
      made += sign
      continue
    }
    const found =
      /^\\(?:u\{([0-9a-fA-F]+)\}|u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|c([A-Za-z])|([pP])\{([^}]*)\}|([\s\S]))/u.exec(
        source.slice(i, i + 80),
      )
    if (found === null) return undefined
    i += found[0].length - 1
    const piece = escaped(found, inClass)
    if (piece === undefined) return undefined
    made += piece
  }
  return made
}

function escaped(found: RegExpExecArray, inClass: boolean): string | undefined {
  const [, braced, high, low, unit, control, property, named, plain] = found
  if (braced !== undefined) return `\\x{${braced}}`
  if (high !== undefined && low !== undefined)
    return `\\x{${String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16)).codePointAt(0)!.toString(16)}}`
  if (unit !== undefined) return `\\x{${unit}}`
  if (control !== undefined) return `\\x{${(control.toUpperCase().charCodeAt(0) - 64).toString(16)}}`
  if (property !== undefined && named !== undefined) {
    const name = propertyName(named)
    return name === undefined ? undefined : `\\${property}{${name}}`
  }
  if (plain === 's') return inClass ? SPACE : `[${SPACE}]`
  if (plain === 'S') return inClass ? undefined : `[^${SPACE}]`
  if (plain === '0') return '\\x{0}'
  if (plain !== undefined && /[1-9k]/.test(plain)) return undefined
  // \b is the backspace inside of a class.
  if (plain === 'b' && inClass) return '\\x{8}'
  if (plain === 'v') return '\\x{b}'
  return `\\${plain}`
}

/** Long names of general categories, by the short ones the linear engine knows. */
const CATEGORIES: Readonly<Record<string, string>> = {
  Letter: 'L',
  Lowercase_Letter: 'Ll',
  Uppercase_Letter: 'Lu',
  Mark: 'M',
  Number: 'N',
  Decimal_Number: 'Nd',
  digit: 'Nd',
  Punctuation: 'P',
  Symbol: 'S',
  Separator: 'Z',
  Space_Separator: 'Zs',
  Other: 'C',
}

function propertyName(named: string): string | undefined {
  const [key = '', value] = named.split('=')
  if (value === undefined)
    return Object.hasOwn(CATEGORIES, key) ? CATEGORIES[key] : key.length <= 2 ? key : undefined
  if (key === 'General_Category' || key === 'gc')
    return Object.hasOwn(CATEGORIES, value) ? CATEGORIES[value] : value
  return key === 'Script' || key === 'sc' ? value : undefined
}
