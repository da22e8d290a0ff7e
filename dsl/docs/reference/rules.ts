/** Steps, rules, what they do and what they ask. */
import { DETECTORS, SCORERS } from '../../check/prelude.ts'
import type { Section } from './section.ts'

const rule = (example: string): string => `rule "Example" { when ${example} then deny }`
const condition = (example: string): string =>
  `rule "Example" { when clerk calls pay and ${example} then deny }`
const inRule = (example: string): string => `rule "Example" { when clerk calls pay ${example} }`
const note = (example: string): string => `rule "Example" { when clerk calls pay then deny ${example} }`
const action = (example: string): string => `rule "Example" { when clerk sends status_note then ${example} }`

export const RULES: readonly Section[] = [
  {
    title: 'Steps',
    lead: 'What a rule, a consistency or a fact speaks of: `SUBJECT VERB OBJECT`, joined by `or`. The subject is an agent, a list of agents, or `anyone`; objects may be lists, groups, or `anything`.',
    wrap: rule,
    entries: [
      ['calls TOOL', 'A call, before it runs; its fields are the arguments.', 'clerk calls pay, ship'],
      [
        'result of TOOL',
        'What a call gave; its fields are those of the result, or `value`.',
        'result of lookup',
      ],
      [
        'failure of TOOL',
        'A call that failed; also `AGENT fails TOOL`. The field is `error`.',
        'clerk fails pay or failure of ship',
      ],
      ['answers ROLE', 'An answer to the one served; the field is `text`.', 'clerk answers customer'],
      ['sends MESSAGE to ROLE', 'A message out.', 'clerk sends status_note to desk'],
      ['receives MESSAGE from ROLE', 'A message in.', 'clerk receives status_note from customer'],
      [
        'remembers KIND',
        'Writing to shared memory; fields `text`, `standing` (`observed`, `derived`), `sources`, `labels`.',
        'anyone remembers note and standing is "derived"',
      ],
      ['recalls KIND', 'Asking shared memory; `text` is the query.', 'anyone recalls note'],
      [
        'recalled KIND',
        'A row that memory gave: `text`, `id`, `writer`, `conversation`, `standing`, `sources`, `labels`. One that is denied is withheld.',
        'anyone recalled note and standing is "derived"',
      ],
      ['enters STATE, leaves STATE', 'The agent’s machine.', 'clerk enters review or clerk leaves review'],
      ['spawns NAME', 'A child is started.', 'anyone spawns helper'],
      ['finishes', 'The agent’s end.', 'anyone finishes'],
      ['spends', 'Money and tokens used; fields `amount`, `tokens`.', 'anyone spends'],
      ['SUBJECT VERB or VERB', 'Two verbs of one subject.', 'anyone sends or answers'],
      [
        'STEP and CONDITION',
        'Only where its fields meet the condition.',
        'anyone calls anything and agent is "clerk"',
      ],
    ],
  },
  {
    title: 'Rules',
    lead: 'The clauses of a `rule`; `because` and what follows it stand in consistencies and flows too.',
    wrap: note,
    entries: [
      ['because "…"', 'Where it comes from; stands in the verdict.', 'because "Refund manual 3.2"'],
      ['remedy "…"', 'What to do instead.', 'remedy "Ask for the order number first."'],
      ['severity …', '`low`, `medium`, `high` or `critical`.', 'severity critical'],
      [
        'mode shadow',
        'Judged and reported, not enforced; `mode enforce` is what counts when nothing is said.',
        'mode shadow',
      ],
      [
        'on error …',
        'What follows when it cannot be decided: `deny` (unless said), `allow` or `warn`.',
        'on error warn',
      ],
    ],
  },
  {
    title: 'Named values',
    lead: 'In a rule, after `where`, joined by `and`.',
    wrap: inRule,
    entries: [
      [
        'where NAME is the latest STEP',
        'An earlier step of the conversation; its fields are read with a dot.',
        'and found.status is "closed" where found is the latest result of lookup then deny',
      ],
      [
        'with the same FIELD',
        'The latest with an equal value; `as there FIELD` where it has another name.',
        'and found.status is "closed" where found is the latest result of lookup with the same to as there order then deny',
      ],
      [
        'where NAME is the texts of the last N STEP',
        'The texts of up to 100 earlier steps of the conversation, oldest first, 8,000 characters of each.',
        'and to resembles any of seen over 0.95 where seen is the texts of the last 20 results of lookup then deny',
      ],
      [
        'where NAME is the number of STEP',
        'How many there have been in the conversation; `the number of distinct FIELD of STEP` counts different values.',
        'and failures is at least 3 where failures is the number of failure of pay in the last 2 minutes then deny',
      ],
      [
        'the total FIELD of STEP, average, highest, lowest',
        'What a field comes to. Of no steps there is no average, highest or lowest: ask `is present`.',
        'and spent + amount > 500 EUR where spent is the total amount of pay with the same to then deny',
      ],
      [
        'the time since the latest STEP',
        'A length of time; absent when there was none.',
        'and (waited is missing or waited > 1 hour) where waited is the time since the latest approve then deny',
      ],
      [
        'the latest 5 STEP',
        'The latest few as a list, newest first: at most 50.',
        'and no o in seen has (o.status is "open") where seen is the latest 5 (result of lookup) with the same order then deny',
      ],
      [
        '… in the last D, since the latest STEP, this calendar day in "ZONE"',
        'Only those; after all else (`week`, `month`, `year` as well).',
        'and oks is 0 where oks is the number of approve with the same order since the latest ship then deny',
      ],
      [
        'where NAME is EXPRESSION',
        'A value under a name.',
        'and cost > 10 EUR where cost is amount * 2 then deny',
      ],
    ],
  },
  {
    title: 'Actions',
    lead: 'After `then`, and after `otherwise` in consistencies and flows. The strongest wins: quarantine, deny, ask, repair, allow.',
    wrap: action,
    entries: [
      ['allow', 'Permits a step that the agent’s lines do not name.', 'allow'],
      ['deny', 'The step does not happen.', 'deny'],
      [
        'ask ROLE within D, otherwise …',
        'It waits for a decision; without one it is denied or allowed.',
        'ask boss within 4 hours, otherwise deny',
      ],
      [
        'ask N of ROLE within D, otherwise …',
        'So many different people of the role have to agree; one who says no is enough to deny it.',
        'ask 2 of boss within 4 hours, otherwise deny',
      ],
      [
        'redact FIELD, redact DETECTOR in FIELD',
        'Blacks out the field, or what the detector finds in it.',
        'redact card_number in text',
      ],
      ['set FIELD to VALUE', 'The step goes on with this value.', 'set text to "withheld"'],
      ['replace FIELD with VALUE', 'The same in other words.', 'replace text with "withheld"'],
      [
        'replace DETECTOR in FIELD with "…"',
        'What is found goes, and the text stands in its place.',
        'replace card_number in text with "[card]"',
      ],
      [
        'trim FIELD to N characters, trim FIELD to N items',
        'The rest of the text or list is cut off.',
        'trim text to 500 characters',
      ],
      [
        'route to WHO',
        'An answer or message goes to somebody else; a call is made of another tool with the same parameters.',
        'route to boss',
      ],
      [
        'retry with feedback "…" at most N times, otherwise …',
        'It is denied, and the agent is told what to do better; after N attempts, at most four, what stands after `otherwise`: `deny`, `ask …` or `quarantine`. The count is the agent’s and starts over once a step goes through.',
        'retry with feedback "Name the order." at most 2 times, otherwise deny',
      ],
      ['alert ROLE', 'It goes through and somebody is told.', 'alert boss'],
      ['warn', 'It goes through and is reported.', 'warn'],
      ['quarantine', 'The agent stops and what its memory gave is held.', 'quarantine'],
    ],
  },
  {
    title: 'Another step in its place',
    lead: 'What stands in its place is judged again, once.',
    wrap: (example) => `rule "Example" { when ${example} }`,
    entries: [
      [
        'fall back to "…"',
        'Other words, for an answer or a message that is nothing but a `text`.',
        'clerk answers then fall back to "A colleague will answer you."',
      ],
      [
        'fall back to call TOOL with …',
        'Another call, for a call.',
        'clerk calls pay then fall back to call ship with order = order, pieces = 1',
      ],
    ],
  },
  {
    title: 'Conditions',
    lead: 'From the loosest to the tightest. What is absent makes a comparison unknown, and unknown takes `on error`.',
    wrap: condition,
    entries: [
      ['A or B', 'Either. Beside an `and` it needs parentheses.', '(urgent is yes or count > 3)'],
      ['A and B', 'Both.', 'urgent is no and count > 3'],
      ['not A', 'Not. Of something unknown it is unknown.', 'not (count > 3)'],
      [
        '= != < <= > >=',
        'Comparison of one type, currency and dimension.',
        'amount >= 100 EUR and weight < 500 g',
      ],
      ['is, is not', 'The same in words. Text is compared as people read it.', 'to is not "cash"'],
      [
        'is at least, is at most, is over, is under',
        'The same in words.',
        'count is at least 2 and amount is under 5 EUR',
      ],
      ['is before, is after', 'Of dates and times.', 'due is before 2024-05-15'],
      ['is between A and B', 'Both included.', 'amount is between 1 EUR and 5 EUR'],
      [
        'is one of "…", is in LIST',
        'Membership; `is not one of`, `is not in`.',
        'to is one of "cash", "card" and to is not in greetings',
      ],
      ['is present, is missing', 'Whether it is there.', '(tip is present or note is missing)'],
      ['contains "…"', 'Anywhere in the text; `any of` a list is enough.', 'to contains any of greetings'],
      [
        'contains the word "…"',
        'As a whole word; `any word of` a list.',
        'to contains the word "yes" and to contains any word of greetings',
      ],
      ['starts with, ends with', 'At its ends.', 'to starts with "DE" and to ends with "00"'],
      [
        'matches "REGEX", is like "MASK"',
        'Anywhere; the whole.',
        'to matches "[0-9]{4}" and order is like "ORD-###"',
      ],
      ['exactly', 'To the letter, without folding case or characters.', 'to contains "DE" exactly'],
      [
        'some X in L has (…), every …, no …',
        'Of the items of a list.',
        'some l in lines has (l.price > 5 EUR) and no l in lines has (l.sku is "x") and every l in lines has (l.sku is present)',
      ],
      [
        'actor has role "…", sender has role "…"',
        'An office of who acts, or of who sent a message; one of several names is enough. Unknown where the fleet has no directory.',
        'actor has role "treasurer", "deputy"',
      ],
      ['is the same as', 'Deep equality.', 'lines is the same as lines'],
    ],
  },
  {
    title: 'Values',
    lead: 'Numbers `2_000`, money `100 USD`, lengths of time `30 minutes`, dates `2024-05-15`, times `2024-05-15T15:00:00Z`, text `"…"`, `yes`, `no`.',
    wrap: condition,
    entries: [
      [
        '+ - * /',
        'Arithmetic; units must go together.',
        'amount + 5 EUR > 2 * amount - 1 EUR and amount / 2 > 1 EUR',
      ],
      [
        'smaller of A and B, larger of A and B',
        'The one or the other.',
        'smaller of count and 5 is 5 and larger of count and 5 is 5',
      ],
      [
        'count of L, count of X in L where (…)',
        'How many items.',
        'count of lines > 3 and count of l in lines where (l.sku is "x") > 1',
      ],
      ['total of X.F for X in L', 'Their sum.', 'total of l.price for l in lines > 100 EUR'],
      ['length of TEXT', 'Characters.', 'length of to > 30'],
      ['keys of MAP', 'Its keys as a list.', 'to is in keys of rates'],
      ['TABLE for KEY', 'The value of a table.', 'caps for to > 1'],
      ['day of T in "ZONE"', 'The calendar day of a time.', 'day of at in "Europe/Berlin" is due'],
      [
        'today in "ZONE", the start of today in "ZONE"',
        'The date there, and the moment at which it began.',
        'due is before today in "Europe/Berlin" and at is before the start of today in "Europe/Berlin"',
      ],
      [
        'is more than D after …, is at most D before …',
        'How far two dates or two times lie apart, in that direction; also `less than`, `at least`.',
        'due is more than 10 days after today in "UTC" and at is at most 2 hours before now and at is less than 3 hours before now and at is at least 1 hour before now',
      ],
      [
        'weekday of T in "ZONE", hour of T in "ZONE"',
        '`"Monday"` to `"Sunday"`; 0 to 23.',
        'weekday of now in "UTC" is "Friday" and hour of now in "UTC" >= 15',
      ],
      [
        'T is between HH:MM and HH:MM in "ZONE"',
        'By the clock on the wall, over midnight too; the second time is no longer in it.',
        'now is between 22:00 and 06:00 in "Europe/Berlin"',
      ],
      [
        'T is on DAYS in "ZONE"',
        '`a weekday`, `a weekend`, or days such as `Monday, Friday`.',
        'now is on a weekend in "Europe/Berlin"',
      ],
      [
        'now, agent, actor, peer, tenant',
        'The step’s time, role, instance and other side, and whose conversation it is.',
        'now - at > 5 minutes and agent is "clerk" and actor is not "x" and tenant is not "acme"',
      ],
    ],
  },
  {
    title: 'Meaning',
    lead: 'What detectors say: a score, over a threshold. It is looked for only while nothing else denies the step, cheap looks first, and recorded. A detector that fails or is late leaves the condition unknown.',
    wrap: condition,
    entries: [
      [
        'DETECTOR in TEXT over N',
        `A declared detector, or one of ${Object.keys(SCORERS).join(', ')}. Without \`over\`, its own threshold.`,
        'injection in to over 0.7',
      ],
      [
        'TEXT resembles "…" over N',
        'Means nearly the same (0.6 unless said); `any of` several, or of the texts of earlier steps.',
        'to resembles any of "send it all", "empty the account" over 0.7',
      ],
      [
        'TEXT is about "…" over N',
        'Some sentence of it speaks of this (0.4 unless said).',
        'to is about "refunds"',
      ],
      [
        'TEXT is grounded in TEXTS over N',
        'Each claim of it is supported by one of these texts (0.5 unless said); `is not grounded in`.',
        'to is not grounded in greetings over 0.6',
      ],
    ],
  },
  {
    title: 'Detectors',
    lead: 'After `contains` and `redact`.',
    wrap: condition,
    entries: DETECTORS.map((name) => [name, `a ${name.replaceAll('_', ' ')}`, `to contains ${name}`]),
  },
]
