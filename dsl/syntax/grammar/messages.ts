/** What the parser says when something else was expected, in the reader's words. */
import type { IParserErrorMessageProvider, IToken } from 'chevrotain'
import { RCurly } from '../tokens.ts'

/** What may stand at the start of each grammar rule that has a choice (a test names those that lack words). */
export const EXPECTED: Readonly<Record<string, string>> = {
  declaration: 'a declaration such as `schema`, `tool`, `agent`, `rule`, `consistency` or `test`',
  policy: 'its version: a number such as `1.0`',
  library: 'the version: a number such as `2`',
  use: 'what is used: a library in double quotes, `tools from "…"` or `schema NAME from "…"`',
  needs: '`tool`, `message` or `group`',
  words: '`are`',
  takes: 'the name of a schema, or fields as in `order: text`',
  recordType: 'a field as in `order: text`, or `check "…": …`',
  plainType: 'a type such as `text`, `whole number`, `money in USD`, `one of "…"`, `list of …`',
  constraint:
    'a constraint: `at least`, `at most`, `over`, `under`, `from … to …`, `before`, `after` or `optional`',
  trait: '`reads only`, `external`, `idempotent` or `settles … by spends`',
  promise: '`cost …`, `within …`, `threshold …` or `gives score from … to …`',
  agentClause: '`may …` or `at most …`',
  permission: 'what it may do, as `call`, `answer`, `send … to`, `receive … from`',
  allowance: '`steps`, or a currency such as `USD`',
  scope: '`conversation`, `agent` or `turn`',
  ruleClause:
    'a clause of a rule: `when`, `where`, `then`, `because`, `remedy`, `severity`, `mode` or `on error`',
  note: '`because`, `remedy`, `severity`, `mode` or `on error`',
  severityLevel: '`low`, `medium`, `high` or `critical`',
  action:
    'an action: `allow`, `deny`, `ask`, `alert`, `warn`, `redact`, `set`, `trim`, `replace`, `route to`, `retry`, `fall back to` or `quarantine`',
  trimming: '`characters` or `items`',
  retry: '`once`, or how many times',
  fallBack: 'a text in double quotes, or `call TOOL with …`',
  namedValue: 'a value, or `the latest …`, `the number of …`, `the total F of …`',
  remembered: '`latest`, `number of`, `total`, `average`, `highest`, `lowest`, `texts of` or `time since`',
  period: '`in the last …`, `since the latest …` or `this calendar …`',
  operand: 'a value: a field, a number, text in double quotes, or `(`',
  quantity: 'a unit',
  bound: 'a number with its unit, or the name of a parameter',
  sum: '`+` or `-`',
  product: '`*` or `/`',
  quantified: '`some`, `every` or `no`',
  measure: '`length`, `keys`, `day`, `weekday` or `hour`',
  extreme: '`smaller` or `larger`',
  negation: 'a condition',
  comparison: 'a comparison: `=`, `<`, `is …`, `contains …`',
  isTail: 'what it is: a value, `at least`, `one of`, `present`, …',
  apart: '`after` or `before`',
  textTail: 'a text test such as `contains "…"`',
  step: 'a step such as `clerk calls …`, or the name of a tool, message, group or fact',
  pattern: 'a step such as `clerk calls …`, or the name of a tool, message, group or fact',
  outcome: 'a tool',
  verb: '`to` or `from`',
  consistencyClause:
    'a clause of a consistency: `for each …`, `per agent`, `across the fleet`, `kept forever`, a pattern such as `X needs an earlier Y`, `otherwise` or `because`',
  stretch: '`after`, `before`, `between … and …` or `while in`',
  form: 'a pattern: `needs an earlier`, `at most`, `never` or `is followed by`',
  relation: 'a pattern: `needs an earlier`, `at most`, `never` or `is followed by`',
  often: '`once`, or so many `times`',
  window: '`in any …` or `per calendar …`',
  terms: '`within …`, `with the same …`, `by someone else` or `before the end`',
  aggregate: '`at most` or `at least`',
  agreement: '`agrees with`, `equals`, `never falls below` or `never rises above`',
  flowClause:
    '`label …`, `… comes only from …`, `… never reaches …`, `only … may read …`, `… must be readable by …`, `otherwise` or `because`',
  source:
    'a source: who sends messages, a tool or group, `results of …`, text in double quotes, or `the agent itself`',
  sources:
    'a source: who sends messages, a tool or group, `results of …`, text in double quotes, or `the agent itself`',
  results: '`results of …` or `messages from …`',
  reader: 'who may read: a name, or text in double quotes',
  onlyRead: 'who may read: names, or texts in double quotes',
  testClause: '`at`, `given`, `when` or `expect`',
  testStep: 'a step such as `clerk calls …`, `after 5 minutes, …` or `in the same turn, …`',
  given: 'a field with its value, as `amount = 20 USD`',
  verdict: 'a verdict: `allow`, `deny`, `ask`, `repair` or `quarantine`',
}

/** What is repeated between the braces of a declaration. */
const CLAUSE_OF: Readonly<Record<string, string>> = {
  rule: 'ruleClause',
  consistency: 'consistencyClause',
  flow: 'flowClause',
  test: 'testClause',
  agent: 'agentClause',
  recordType: 'recordType',
  detector: 'promise',
}

function found(token: IToken): string {
  return token.image === '' ? 'the end of this declaration' : `\`${token.image}\``
}

export const messages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage({ expected, actual, ruleName }) {
    // No clause begins with the word that was found, and the one before does not go on with it.
    const clause = expected === RCurly ? EXPECTED[CLAUSE_OF[ruleName] ?? ''] : undefined
    if (clause !== undefined) return `expected \`}\` or ${clause}, found ${found(actual)}`
    return `expected ${expected.LABEL ?? expected.name}, found ${found(actual)}`
  },
  buildNotAllInputParsedMessage({ firstRedundant }) {
    return `${found(firstRedundant)} does not belong here`
  },
  buildNoViableAltMessage({ actual, ruleName }) {
    return `expected ${EXPECTED[ruleName] ?? 'something else'}, found ${found(actual[0]!)}`
  },
  buildEarlyExitMessage({ actual, ruleName }) {
    return `expected ${EXPECTED[ruleName] ?? 'more'}, found ${found(actual[0]!)}`
  },
}
