/**
 * The desk's calculator: numbers, `+ - * /`, parentheses and spaces, answered with two decimals as the recorded
 * desk does (`255.0`, `33.33`). A recursive descent over the text; nothing is ever evaluated as code.
 */
export type Sum =
  | { readonly kind: 'ok'; readonly shown: string }
  | { readonly kind: 'bad'; readonly problem: string }

/** Also bounds the nesting, and with it the recursion. */
const EXPRESSION_CHARS_MAX = 500

export function calculate(expression: string): Sum {
  if (expression.length > EXPRESSION_CHARS_MAX)
    return { kind: 'bad', problem: `the expression is longer than ${EXPRESSION_CHARS_MAX} characters` }
  if (/[^0-9+\-*/(). ]/.test(expression)) return { kind: 'bad', problem: 'invalid characters in expression' }
  const tokens = expression.match(/\d+\.?\d*|\.\d+|[+\-*/()]|\./g) ?? []
  let at = 0

  function sum(): number {
    let value = product()
    while (tokens[at] === '+' || tokens[at] === '-')
      value = tokens[at++] === '+' ? value + product() : value - product()
    return value
  }
  function product(): number {
    let value = signed()
    while (tokens[at] === '*' || tokens[at] === '/')
      value = tokens[at++] === '*' ? value * signed() : value / signed()
    return value
  }
  function signed(): number {
    if (tokens[at] === '-') {
      at++
      return -signed()
    }
    if (tokens[at] === '+') {
      at++
      return signed()
    }
    return primary()
  }
  /** NaN stands for "not well formed" and spreads to the result. */
  function primary(): number {
    const token = tokens[at++]
    if (token !== '(') return token !== undefined && /\d/.test(token) ? Number(token) : Number.NaN
    const value = sum()
    return tokens[at++] === ')' ? value : Number.NaN
  }

  const value = sum()
  if (at < tokens.length || Number.isNaN(value)) return { kind: 'bad', problem: 'invalid syntax' }
  if (!Number.isFinite(value)) return { kind: 'bad', problem: 'division by zero' }
  const rounded = Number(value.toFixed(2))
  return { kind: 'ok', shown: Number.isInteger(rounded) ? `${rounded}.0` : String(rounded) }
}
