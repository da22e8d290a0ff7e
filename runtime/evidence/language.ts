/**
 * How far a text is written in a language: the share of its words that are among the commonest of that language, beside those of the
 * others. Enough to tell an answer in the wrong language; not for single words.
 */
import type { Detector } from '#runtime/fleet/definition.ts'
import { textIn } from './input.ts'

const COMMON = {
  en: 'the be to of and a in that have it for not on with he as you do at this but his by from they we say her she or an will my one all would there their what so up out if about who get which go me is are was were your can please',
  de: 'der die das und in zu den ist von nicht mit es ein eine auch auf für an dass sie er wir ich sich dem des im als wie war haben hat sind aber oder bei nur noch nach ihr ihre kann wird bitte',
  fr: 'le la les de des et un une à en est que qui dans pour pas sur avec il elle nous vous ils ne se ce cette mais ou où plus au aux par son sa ses être avoir fait comme',
  es: 'el la los las de y un una que en es por para con no se su lo como más pero sus le ya o este sí porque esta entre cuando muy sin sobre también me hasta hay donde del al',
  it: 'il lo la i gli le di e un una che in è per con non si su come più ma anche da del della dei al alla nel sono ha questo questa ci se o suo sua',
  pt: 'o a os as de e um uma que em é por para com não se do da dos das no na mas como mais ao ou seu sua são foi tem isso este esta também já',
  nl: 'de het een en van in is dat op te zijn voor met niet aan er om ook als maar dan bij nog uit ze hij wij je ik door over heeft naar',
} as const

export type Language = keyof typeof COMMON
const LANGUAGES = Object.keys(COMMON) as readonly Language[]

const WORDS = new Map(LANGUAGES.map((language) => [language, new Set<string>(COMMON[language].split(' '))]))

export function languageDetector(language: Language): Detector {
  return (input) => ({ kind: 'found', value: languageShare(textIn(input), language) })
}

/** From 0 to 1; 0 for a text without a common word of any of the languages. */
function languageShare(text: string, language: Language): number {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? []
  const counts = LANGUAGES.map((one) => words.filter((word) => WORDS.get(one)!.has(word)).length)
  const all = counts.reduce((sum, count) => sum + count, 0)
  // Of words that several languages share each language has its part.
  return all === 0 ? 0 : Math.round((counts[LANGUAGES.indexOf(language)]! / all) * 1_000) / 1_000
}
