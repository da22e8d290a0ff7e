/** What stands between two tokens on one line, unless a layout says otherwise. */
import { Colon, Comma, Dot, LParen, LSquare, RParen, RSquare, type Token } from '../syntax/tokens.ts'

const CLOSE_TO_THE_LAST: ReadonlySet<Token['tokenType']> = new Set([Comma, Colon, Dot, RParen, RSquare])
const CLOSE_TO_THE_NEXT: ReadonlySet<Token['tokenType']> = new Set([Dot, LParen, LSquare])

export function gapBetween(last: Token, next: Token): string {
  return CLOSE_TO_THE_LAST.has(next.tokenType) || CLOSE_TO_THE_NEXT.has(last.tokenType) ? '' : ' '
}
