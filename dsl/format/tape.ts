/**
 * The tokens of a text with the comments around them, read from front to back. Layouts never write words of their
 * own: they take tokens off the tape and say where lines may end, so nothing can be lost, doubled or respelled.
 */
import type { Span } from '../plan/plan.ts'
import { Comma, spanOf, type Token } from '../syntax/tokens.ts'
import { type Doc, type FillItem, fill } from './doc.ts'
import { gapBetween } from './gap.ts'

interface Comment {
  readonly text: string
  /** An empty line stands before it. */
  readonly blank: boolean
}

interface Piece {
  readonly token: Token
  /** On lines of their own before the token. */
  leading: readonly Comment[]
  /** On the line of the token, after it. */
  trailing: string | undefined
  /** An empty line stands right before the token. */
  readonly blank: boolean
  isLeftOut: boolean
}

export class Tape {
  private readonly pieces: Piece[]
  private readonly rest: readonly Comment[]
  private at = 0
  private last: Token | undefined
  /** Something that ends a line, or leaves no gap, was put before the next token. */
  private placed = true
  private led = false

  constructor(text: string, tokens: readonly Token[], comments: readonly Token[]) {
    const { pieces, rest } = attach(text, tokens, comments)
    this.pieces = pieces
    this.rest = rest
  }

  /** The next token. */
  peek(): Token | undefined {
    return this.piece()?.token
  }

  /** The tokens to come that stand in a span. */
  tokensIn([start, end]: Span): Token[] {
    const found: Token[] = []
    for (let i = this.at; i < this.pieces.length; i++) {
      const { token, isLeftOut } = this.pieces[i]!
      if (token.startOffset >= end) break
      if (token.startOffset >= start && !isLeftOut) found.push(token)
    }
    return found
  }

  lastToken(): Token | undefined {
    return this.last
  }

  /** Does a comment stand in a span of tokens to come? */
  hasComment([start, end]: Span): boolean {
    for (let i = this.at; i < this.pieces.length; i++) {
      const { token, leading, trailing } = this.pieces[i]!
      if (token.startOffset > end) return false
      if (token.startOffset >= start && leading.length > 0) return true
      if (spanOf(token)[1] >= start && token.startOffset < end && trailing !== undefined) return true
    }
    return false
  }

  /** All tokens before `offset`. */
  take(offset: number): Doc {
    const made: Doc[] = []
    while ((this.peek()?.startOffset ?? Number.POSITIVE_INFINITY) < offset) made.push(this.next())
    return made
  }

  next(): Doc {
    const piece = this.piece()
    if (piece === undefined) return ''
    const { token, trailing } = piece
    const made: Doc[] = this.led ? [] : comments(piece.leading, false)
    if (!this.placed) made.push(this.gap())
    made.push(token.image)
    if (trailing !== undefined) made.push({ kind: 'comment', text: trailing, own: false, blank: false })
    this.at++
    this.last = token
    this.placed = false
    this.led = false
    return made
  }

  /** The next token stands right beside the last. */
  tight(): void {
    this.placed = true
  }

  /** A line may end before the next token. */
  line(): Doc {
    const flat = this.gap()
    this.placed = true
    return { kind: 'line', flat, blank: false }
  }

  /** As `line`, keeping an empty line (`isApart`: in any case) and the comments before the next token. */
  member(isFirst: boolean, isApart = false): Doc {
    const flat = this.gap()
    const { leading = [], blank = false } = this.piece() ?? {}
    this.placed = true
    this.led = true
    const [first] = leading
    const made: Doc[] = [{ kind: 'line', flat, blank: !isFirst && (isApart || (first?.blank ?? blank)) }]
    if (first === undefined) return made
    return [...made, ...comments(leading, true), { kind: 'line', flat: '', blank }]
  }

  /** The comments before a closing bracket, which belong to what it closes. */
  beforeClose(isFirst: boolean): Doc {
    const leading = this.piece()?.leading ?? []
    if (leading.length === 0) return ''
    const line: Doc = { kind: 'line', flat: '', blank: !isFirst && leading[0]!.blank }
    this.led = true
    return [line, ...comments(leading, true)]
  }

  /** All tokens before `offset` and whatever stands at the places of `parts`, as many items a line as fit. */
  fill(offset: number, parts: readonly { readonly span: Span; readonly doc: () => Doc }[] = []): Doc {
    const items: FillItem[] = []
    let item: Doc[] = []
    let gap = ''
    let next = 0
    for (;;) {
      const token = this.peek()
      if (token === undefined || token.startOffset >= offset) break
      const part = parts[next]
      if (part !== undefined && token.startOffset >= part.span[0]) {
        item.push(part.doc())
        next++
      } else item.push(this.next())
      const isComma = this.last?.tokenType === Comma
      if (isComma && (this.peek()?.startOffset ?? offset) < offset) {
        items.push({ doc: item, gap })
        item = []
        gap = this.gap()
        this.placed = true
      }
    }
    items.push({ doc: item, gap })
    return fill(items)
  }

  /** Leaves out a separating comma; its comments go to its neighbours. */
  leaveOut(comma: Token): void {
    let index = this.at
    while (index < this.pieces.length && this.pieces[index]!.token !== comma) index++
    const piece = this.pieces[index]
    const before = this.pieces[index - 1]
    const after = this.pieces[index + 1]
    if (piece === undefined || before === undefined || after === undefined) return
    piece.isLeftOut = true
    const moved = [...piece.leading]
    if (piece.trailing !== undefined) {
      if (before.trailing === undefined && moved.length === 0) before.trailing = piece.trailing
      else moved.push({ text: piece.trailing, blank: false })
    }
    after.leading = [...moved, ...after.leading]
  }

  /** The comments after the last token. */
  end(): Doc {
    if (this.rest.length === 0) return ''
    return [
      { kind: 'line', flat: '', blank: this.last !== undefined && this.rest[0]!.blank },
      ...comments(this.rest, true),
    ]
  }

  private piece(): Piece | undefined {
    while (this.pieces[this.at]?.isLeftOut) this.at++
    return this.pieces[this.at]
  }

  private gap(): string {
    const next = this.peek()
    return this.last === undefined || next === undefined || this.placed ? '' : gapBetween(this.last, next)
  }
}

function comments(of: readonly Comment[], keepBlank: boolean): Doc[] {
  return of.map(({ text, blank }, i) => ({
    kind: 'comment',
    text,
    own: true,
    blank: keepBlank && i > 0 && blank,
  }))
}

/** One trailing comment at most: a comment runs to the end of the line. */
function attach(
  text: string,
  tokens: readonly Token[],
  written: readonly Token[],
): { pieces: Piece[]; rest: Comment[] } {
  const pieces: Piece[] = []
  let end = 0
  let at = 0
  const upTo = (offset: number): Comment[] => {
    const leading: Comment[] = []
    for (
      let comment = written[at];
      comment !== undefined && comment.startOffset < offset;
      comment = written[++at]
    ) {
      const lines = linesBetween(text, end, comment.startOffset)
      const previous = pieces.at(-1)
      const words = comment.image.trimEnd()
      if (lines === 0 && previous !== undefined && leading.length === 0) previous.trailing = words
      else leading.push({ text: words, blank: lines > 1 })
      end = spanOf(comment)[1] - (comment.image.length - words.length)
    }
    return leading
  }
  for (const token of tokens) {
    const leading = upTo(token.startOffset)
    const blank = linesBetween(text, end, token.startOffset) > 1
    pieces.push({ token, leading, trailing: undefined, blank, isLeftOut: false })
    end = spanOf(token)[1]
  }
  return { pieces, rest: upTo(Number.POSITIVE_INFINITY) }
}

function linesBetween(text: string, from: number, to: number): number {
  return text.slice(from, to).match(/\r\n?|\n/g)?.length ?? 0
}
