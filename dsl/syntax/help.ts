/** How to mend a mistake of grammar, where what was meant can be told. */
import type { IRecognitionException, IToken } from 'chevrotain'
import { BASE_VERBS, VERBS } from './keywords.ts'
import { nearest } from './nearest.ts'
import { BaseVerb, Comma, K, Name, NumberToken, Percent, Text, tokenIs, Verb } from './tokens.ts'

const EACH: ReadonlySet<string> = new Set(['every', 'all', 'any'])

/** Words a rule is written with elsewhere, and what stands here for them. */
const INSTEAD: Readonly<Record<string, string>> = {
  than: 'More than 30 is `> 30` or `is over 30`, less is `< 30` or `is under 30`.',
  if: 'A rule begins with `when`.',
  unless: 'What a rule is not for stands in its condition: `and not (…)`.',
}

/** `tokens`: of the declaration. */
export function helpFor(mistake: IRecognitionException, tokens: readonly IToken[]): string | undefined {
  const close = meant(mistake)
  if (close !== undefined) return `Did you mean \`${close}\`?`
  const at = tokens.indexOf(mistake.token)
  if (tokens[at - 1]?.tokenType === K.for && EACH.has(mistake.token.image)) return 'Did you mean `for each`?'
  const instead = insteadOf(mistake)
  if (instead !== undefined) return instead
  return signHelp(tokens, at) ?? verbHelp(tokens, at) ?? ruleHelp(mistake)
}

function insteadOf({ token, context }: IRecognitionException): string | undefined {
  return context.ruleStack.includes('rule') ? INSTEAD[token.image] : undefined
}

/** The word that was expected, where the one that was found is nearly it. */
function meant(mistake: IRecognitionException): string | undefined {
  const { message, token } = mistake
  const expected = message.slice(0, message.lastIndexOf(', found '))
  const words = Array.from(expected.matchAll(/`([a-z]+)[^`]*`/g), ([, word]) => word!)
  if (expected.endsWith(Verb.LABEL!)) words.push(...VERBS)
  if (expected.endsWith(BaseVerb.LABEL!)) words.push(...BASE_VERBS)
  return insteadOf(mistake) === undefined ? nearest(token.image, words) : undefined
}

/** `3,000` and `80 %`, as one writes elsewhere. */
function signHelp(tokens: readonly IToken[], at: number): string | undefined {
  const comma = tokens[at]?.tokenType === Comma ? at : at - 1
  const [whole, between, thousands] = tokens.slice(Math.max(0, comma - 1), comma + 2)
  const isGrouped =
    whole?.tokenType === NumberToken &&
    between?.tokenType === Comma &&
    thousands?.tokenType === NumberToken &&
    thousands.image.length === 3 &&
    thousands.startOffset === whole.startOffset + whole.image.length + 1
  if (isGrouped) return `Digits are grouped with \`_\`: \`${whole.image}_${thousands.image}\`.`
  const before = tokens[at - 1]
  if (tokens[at]?.tokenType !== Percent || before?.tokenType !== NumberToken) return undefined
  return `Write a share as a number: \`${Number(before.image.replaceAll('_', '')) / 100} * …\`.`
}

/** `when clerk pays`: after an agent stands one of the verbs, and the tool after it. */
function verbHelp(tokens: readonly IToken[], at: number): string | undefined {
  const [opens, agent, verb] = tokens.slice(Math.max(0, at - 2), at + 1)
  if (opens?.tokenType !== K.when && opens?.tokenType !== K.given) return undefined
  if (agent === undefined || verb === undefined || !tokenIs(agent, Name) || !tokenIs(verb, Name))
    return undefined
  const close = nearest(verb.image, VERBS)
  if (close !== undefined) return `Did you mean \`${close}\`?`
  return `What \`${agent.image}\` does is said with \`calls TOOL\`, ${VERBS.slice(1)
    .map((each) => `\`${each}\``)
    .join(', ')}.`
}

function ruleHelp({ message, token, context }: IRecognitionException): string | undefined {
  const rule = context.ruleStack.at(-1)
  if (rule === 'relation' || rule === 'form')
    return 'Patterns: `X needs an earlier Y`, `X at most N times`, `X never`, `X never after Y`, `X is followed by Y within D`, `total F of X at most M`, `F in X agrees with G in the latest Y`. A stretch (`after Q`) stands before.'
  if (rule === 'scope')
    return 'A limit for a length of time is a consistency: `X at most 40 times in any 1 hour`.'
  if (rule === 'policy') return 'A policy has a name and a version: `policy "Refunds" version 1.0`.'
  if (rule === 'field') return 'A field is written `name: type, constraint, …`.'
  if (message.startsWith(`expected ${Text.LABEL}`) && tokenIs(token, Name))
    return `Put it into double quotes: \`"${token.image} …"\`.`
  return undefined
}
