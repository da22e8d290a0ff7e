/** What the parser says when something else was expected, in the reader's words. */
import type { IParserErrorMessageProvider, IToken } from 'chevrotain'

/** What stands at the start of each grammar rule. */
const EXPECTED: Readonly<Record<string, string>> = {
  operand: 'a value: a field, a number, text in double quotes, or `(`',
  isTail: 'what it is: a value, `at least`, `one of`, `present`, …',
  textTail: 'a text test such as `contains "…"`',
  action:
    'an action: `allow`, `deny`, `ask`, `alert`, `warn`, `redact`, `set`, `trim`, `replace`, `route to`, `retry`, `fall back to` or `quarantine`',
  ruleClause:
    'a clause of a rule: `when`, `where`, `then`, `because`, `remedy`, `severity`, `mode` or `on error`',
  note: '`because`, `remedy`, `severity`, `mode` or `on error`',
  flowClause:
    '`label …`, `… comes only from …`, `… never reaches …`, `only … may read …`, `… must be readable by …`, `otherwise` or `because`',
  source:
    'a source: who sends messages, a tool or group, `results of …`, text in double quotes, or `the agent itself`',
  form: 'a pattern: `needs an earlier`, `at most`, `never` or `is followed by`',
  step: 'a step such as `clerk calls …`, or the name of a tool, message, group or fact',
  type: 'a type such as `text`, `whole number`, `money in USD`, `one of "…"`, `list of …`',
  constraint:
    'a constraint: `at least`, `at most`, `over`, `under`, `from … to …`, `before`, `after` or `optional`',
  testClause: '`at`, `given`, `when` or `expect`',
  verdict: 'a verdict: `allow`, `deny`, `ask`, `repair` or `quarantine`',
  agentClause: '`may …` or `at most …`',
  trait: '`reads only`, `external`, `idempotent` or `settles … by spends`',
  severityLevel: '`low`, `medium`, `high` or `critical`',
}

function found(token: IToken): string {
  return token.image === '' ? 'the end of this declaration' : `\`${token.image}\``
}

export const messages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage({ expected, actual }) {
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
