/**
 * Signs that a text gives orders to whoever reads it, by what is said rather than by any known attack. They see folded text (lower case,
 * invisible characters removed). Each is weak: many stand in honest texts too, so a model weighs them.
 */
import { fold } from '#dsl/judge/text.ts'

const ORDERS =
  '(?:instructions?|directions?|commands?|prompts?|rules?|guidelines?|orders?|context|messages?|text|tasks?)'
const BEFORE =
  '(?:previous|prior|above|earlier|preceding|former|foregoing|original|initial|all|any|your|other)'

const INJECTION_SIGNS: Readonly<Record<string, RegExp>> = {
  overrides: new RegExp(
    `\\b(?:ignore|disregard|forget|override|overlook|neglect|skip|bypass)\\b.{0,40}\\b${BEFORE}\\b.{0,40}\\b${ORDERS}\\b`,
  ),
  newOrders:
    /\b(?:new|updated|real|actual|additional|important) (?:instructions?|task|prompt|orders|message)\b/,
  newSelf:
    /\b(?:you are now|from now on,? you|pretend (?:to be|you are)|act as (?:an?|if)|you will (?:now )?(?:be|act)|roleplay as)\b/,
  systemPrompt: /\b(?:system|initial|hidden|developer) (?:prompt|message|instructions?)\b/,
  reveals:
    /\b(?:reveal|show|print|repeat|output|leak|tell me|display)\b.{0,40}\b(?:prompt|instructions?|rules|secret|password|api key)\b/,
  unbound:
    /\b(?:no (?:restrictions?|limits?|rules|filters?)|without (?:any )?(?:restrictions?|limits?|filters?)|jailbreak|do anything now|developer mode|unfiltered|uncensored)\b/,
  toReader:
    /\b(?:ai|llm|assistant|chatbot|language model|gpt|claude)\b.{0,60}\b(?:must|should|please|do|send|ignore|respond|execute|reading)\b/,
  shapesAnswer:
    /\b(?:in|to|into|modify|end|start|begin|preface|conclude|incorporate|include|integrate|embed|weave|add|insert|express|translate|enhance|upgrade|improve)\b.{0,40}\byour (?:answer|response|reply|output|message|code|explanation|elucidation)\b/,
  tags: /<\/?(?:system|information|instructions?|user|assistant|important|admin)>|\[\/?(?:inst|system)\]|<\|[a-z_]{1,20}\|>|###? ?(?:system|instruction|human|assistant)/,
  code: /```|\bimport (?:os|sys|subprocess|requests|socket)\b|\bwhile true\b/,
  sends:
    /\b(?:requests\.(?:post|get)|urlopen|curl|fetch\(|sendall|smtp)\b|\b(?:send|forward|e-?mail|post|upload|transfer)\b.{0,60}(?:@|https?:)/,
}

/** 1 or 0 for each sign, in the order of `INJECTION_SIGNS`. */
export function signsIn(text: string): readonly number[] {
  const folded = fold(text)
  return Object.values(INJECTION_SIGNS).map((sign) => (sign.test(folded) ? 1 : 0))
}
