/**
 * Blanks comments, keeping every line and column, so that patterns see code only. Strings and templates stay, but a line
 * of a template that reads like an import does not.
 */
export function withoutComments(text: string): string {
  let out = ''
  let at = 0
  while (at < text.length) {
    const end = endOfPiece(text, at, out)
    const piece = text.slice(at, end)
    if (isComment(piece)) out += piece.replace(/[^\n]/g, ' ')
    else if (piece.startsWith('`')) out += piece.replace(/^(?:import|export)\b/gm, '      ')
    else out += piece
    at = end
  }
  return out
}

function isComment(piece: string): boolean {
  return piece.startsWith('//') || piece.startsWith('/*')
}

/** Where the comment, text, regular expression or single character that starts `at` ends. */
function endOfPiece(text: string, at: number, before: string): number {
  const rest = (pattern: RegExp) => {
    pattern.lastIndex = at
    return pattern.test(text) ? pattern.lastIndex : at + 1
  }
  switch (text[at]) {
    case "'":
      return rest(/'(?:[^'\\\n]|\\[\s\S])*'/y)
    case '"':
      return rest(/"(?:[^"\\\n]|\\[\s\S])*"/y)
    case '`':
      return rest(/`(?:[^`\\]|\\[\s\S])*`/y)
    case '/':
      if (text[at + 1] === '/') return rest(/\/\/[^\n]*/y)
      if (text[at + 1] === '*') return rest(/\/\*[\s\S]*?\*\//y)
      return expectsValue(before) ? rest(/\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y) : at + 1
    default:
      return at + 1
  }
}

/** A slash after an operator, an opening bracket or `return` starts a regular expression; elsewhere it divides. */
function expectsValue(before: string): boolean {
  return /(?:^|[(,=:[!&|?{};+\n]|=>|\breturn|\bcase)\s*$/.test(before.slice(-40))
}
