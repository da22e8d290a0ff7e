/** Characters that deceive a reader: drawn as nothing, or drawn as a Latin letter of another script. */
import { fold } from '../judge/text.ts'

/** Zero-width and formatting characters, and those that turn the direction of what follows. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/u
/** These turn even what stands after a comment. */
const TURNING = /\p{Bidi_Control}/u
/** Joins emoji and the letters of some scripts, where it is seen. */
const SEEN_JOINER = /(?<=[^\p{ASCII}])(?:\u200c|\u200d|\ufe0f)(?=[^\p{ASCII}]|$)/gu

/** Cyrillic, Greek and Armenian letters drawn like Latin ones (Unicode's confusables, the ones in common fonts). */
const LATIN_LIKE: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from(
    'аaеeоoрpсcуyхxѕsіiјjԁdһhԛqԝwАAВBЕEКKМMНHОOРPСCТTУYХXЅSІIЈJ' +
      'οoνvιiκkρpυuΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧX' +
      'օoսuհhՏS',
  ).flatMap((letter, index, all) => (index % 2 === 0 ? [[letter, all[index + 1]!]] : [])),
)

export function firstInvisible(text: string): string | undefined {
  return codePointOf(INVISIBLE.exec(text.replace(SEEN_JOINER, ''))?.[0])
}

export function firstTurning(text: string): string | undefined {
  return codePointOf(TURNING.exec(text)?.[0])
}

/** A word of Latin letters in which another script's letter stands for one of them. */
export function disguisedWord(text: string): { readonly word: string; readonly letter: string } | undefined {
  for (const [word] of text.matchAll(/[\p{L}\p{M}\p{N}_]+/gu)) {
    const letter = Array.from(word).find((one) => Object.hasOwn(LATIN_LIKE, one))
    if (letter !== undefined && /\p{Script=Latin}/u.test(word)) return { word, letter: codePointOf(letter)! }
  }
  return undefined
}

/** Equal for names that a reader takes for the same. */
export function skeleton(name: string): string {
  const drawn = Array.from(name, (letter) =>
    Object.hasOwn(LATIN_LIKE, letter) ? LATIN_LIKE[letter]! : letter,
  )
  return fold(drawn.join('')).replace(/[\s_-]/g, '')
}

function codePointOf(character: string | undefined): string | undefined {
  const code = character?.codePointAt(0)
  return code === undefined ? undefined : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}
