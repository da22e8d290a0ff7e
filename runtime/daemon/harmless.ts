/**
 * What is shown to people holds words of customers, models and tools. A terminal obeys some characters: whoever could send
 * them would write over an amount that waits for approval. So they are shown, not sent; only the colours of `paint.ts` go through.
 */

/** Colours and weights; nothing that hides, moves or erases. */
const PAINT = '\\u001b\\[(?:(?:0|1|2|22|3[1-7]|39|9[0-7])(?:;(?!m)|(?=m)))+m'
/** Line breaks and tabs are the caller's own. */
const OBEYED = new RegExp(`(${PAINT})|(?![\\n\\t])[\\p{Cc}\\p{Bidi_Control}\\u2028\\u2029]`, 'gu')

/** In JSON it is the same text as before. */
export function harmless(text: string): string {
  return text.replace(
    OBEYED,
    (sign: string, paint: string | undefined) =>
      paint ?? `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
