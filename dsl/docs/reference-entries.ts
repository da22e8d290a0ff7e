/** Every way of saying something, with what it means and an example; a test compiles each example in its section's frame. */
import { DETECTORS, FORMATS } from '../check/prelude.ts'
import { UNITS } from '../check/units.ts'

export interface Section {
  readonly title: string
  readonly lead: string
  /** The example as a part of a policy, after `FRAME`. */
  readonly wrap: (example: string) => string
  readonly entries: readonly Entry[]
}
/** As it is written, what it means, an example. */
export type Entry = readonly [said: string, means: string, example: string]

/** What the examples speak of. */
export const FRAME = `policy "Reference" version 1.0
schema Line { sku: text  price: money in EUR }
schema Order { order: text  status: one of "open", "closed"  lines: list of Line  placed: time in "UTC"  price: money in EUR }
tool lookup(order: text) returns Order { reads only }
tool approve(order: text)
tool pay(
  order: text, amount: money in EUR, tip: money in EUR, optional, to: text, at: time in "UTC", due: date, stay: duration,
  weight: number in kg, count: whole number, urgent: yes or no, lines: list of Line, rates: map of number, note: text, optional
) { external, idempotent by order }
tool ship(order: text, pieces: whole number) { external }
message status_note { order: text, status: one of "open", "closed", text: text }
message release { label: text }
agent clerk {
  may call lookup, pay, ship
  may send status_note to desk
  may receive status_note from customer
  may receive release from dpo
  may answer customer
}
agent boss { may call approve }
words greetings are "hello", "good day"
table caps by status { "open": 3  "closed": 0 }
group writes is pay, ship
`

const plain = (example: string): string => example
const type = (example: string): string => `schema Example { field: ${example} }`
const rule = (example: string): string => `rule "Example" { when ${example} then deny }`
const condition = (example: string): string =>
  `rule "Example" { when clerk calls pay and ${example} then deny }`
const inRule = (example: string): string => `rule "Example" { when clerk calls pay ${example} }`
const note = (example: string): string => `rule "Example" { when clerk calls pay then deny ${example} }`
const action = (example: string): string => `rule "Example" { when clerk sends status_note then ${example} }`
const consistency = (example: string): string => `consistency "Example" { ${example} }`
const flow = (example: string): string => `flow "Example" { ${example} }`
const inTest = (example: string): string => `test "Example" { ${example} }`

const dimensions = [...new Set(Array.from(UNITS.values(), ({ dimension }) => dimension))]

export const SECTIONS: readonly Section[] = [
  {
    title: 'Declarations',
    lead: 'A file starts with `policy`; the others follow in any order. A comment goes from `#` to the end of its line. A name in back-ticks is always a name.',
    wrap: plain,
    entries: [
      [
        'policy "…" version …',
        'Names the policy; both stand in every verdict. Once, at the head of the file.',
        '',
      ],
      ['owner "…"', 'Who answers for it.', 'owner "payments-risk"'],
      [
        'use tools from "…"',
        'Tools from a JSON or MCP tool listing beside the policy; `use schema NAME from "…"` takes a JSON Schema, `, leniently` leaves out what is not understood.',
        '',
      ],
      [
        'schema NAME { … }',
        'What a record looks like: fields, and `check`s across them.',
        'schema Trip { from: date  to: date  check "In order": from <= to }',
      ],
      [
        'tool NAME(…) returns TYPE { … }',
        'A tool agents may call, what it takes and gives; `reads only`, `external`, `idempotent`, `idempotent by FIELD` say what it does.',
        'tool refund(order: text, amount: money in EUR) returns Order { external, idempotent by order }',
      ],
      ['message NAME { … }', 'A message agents send and receive.', 'message escalation { reason: text }'],
      [
        'agent NAME { … }',
        'Who may do what; what is not listed is denied.',
        'agent gateway { may answer customer }',
      ],
      [
        'words NAME are "…", "…"',
        'Words and phrases to look for in texts.',
        'words refusals are "no", "not now"',
      ],
      [
        'table NAME by KEY, KEY { … }',
        'Values looked up by texts.',
        'table bags by cabin, tier { "economy", "gold": 3  "economy", "regular": 1 }',
      ],
      [
        'group NAME is NAME, NAME',
        'Tools or messages under one name.',
        'group reads_and_pays is lookup, pay',
      ],
      [
        'fact NAME is STEP and CONDITION',
        'A sort of step under one name.',
        'fact consent is clerk receives status_note and text contains any of greetings',
      ],
      [
        'rule "…" { when … then … }',
        'What one step may be.',
        'rule "Small" { when clerk calls pay and amount > 10 EUR then deny }',
      ],
      [
        'consistency "…" { … }',
        'What must hold across steps: one pattern each.',
        'consistency "Once" { for each order  pay at most once }',
      ],
      [
        'flow "…" { … }',
        'Where a value comes from and where it goes: one statement each.',
        'flow "Payees" { to of pay comes only from customer }',
      ],
      [
        'test "…" { given … when … expect … }',
        'An example the policy must judge as written.',
        'test "Small ones pass" { when clerk calls ship with order = "A", pieces = 1 expect allow }',
      ],
    ],
  },
  {
    title: 'Agents',
    lead: 'The lines of an `agent`.',
    wrap: (example) => `agent other { ${example} }`,
    entries: [
      ['may call TOOL, GROUP', 'Calls of these tools.', 'may call lookup, writes'],
      ['may send MESSAGE to ROLE', 'Messages to these roles.', 'may send status_note to desk'],
      [
        'may receive MESSAGE from ROLE',
        'Documents who writes to it; receiving needs no permission.',
        'may receive status_note from customer',
      ],
      ['may answer ROLE', 'Answers to the one it serves.', 'may answer customer'],
      [
        'may remember, recall, spawn, finish',
        'Shared memory, children, its own end; `enter`, `leave`, `fail` and `spend` may be named and need no permission.',
        'may remember, recall, spawn helper, finish, enter any state, leave any state, fail, spend',
      ],
      [
        'at most N steps per conversation',
        'What it does is counted: calls, answers, messages, memory, children.',
        'at most 40 steps per conversation',
      ],
      ['at most MONEY per conversation', 'What its `spends` add up to.', 'at most 0.50 USD per conversation'],
    ],
  },
  {
    title: 'Types',
    lead: 'After the colon of a field.',
    wrap: type,
    entries: [
      ['text', 'Characters.', 'text'],
      ['text as FORMAT', 'Text of a known format, see below.', 'text as email'],
      [
        'text like "MASK"',
        '`#` a digit, `@` a letter, `*` either; the rest stands for itself.',
        'text like "ORD-######"',
      ],
      [
        'text matching "REGEX"',
        'The whole text fits a linear-time regular expression.',
        'text matching "[A-Z]{3}[0-9]+"',
      ],
      ['number', 'A number; `in UNIT` with a unit.', 'number in kg'],
      ['whole number', 'Without a fraction.', 'whole number'],
      [
        'money in CURRENCY',
        'A decimal amount of an ISO 4217 currency; `or` names further ones.',
        'money in USD or EUR',
      ],
      ['date', 'A day of the calendar.', 'date'],
      [
        'time in "ZONE"',
        'A point in time; the zone is used where the text carries no offset.',
        'time in "Europe/Berlin"',
      ],
      ['duration', 'A length of time.', 'duration'],
      ['yes or no', 'A flag.', 'yes or no'],
      ['one of "…", "…"', 'One of these texts.', 'one of "economy", "business"'],
      [
        'one of SCHEMA, SCHEMA told apart by FIELD',
        'Records told apart by a text in one field.',
        'one of Card, Cash told apart by kind }\nschema Card { kind: always "card" }\nschema Cash { kind: always "cash"',
      ],
      ['always VALUE', 'This value and no other.', 'always "card"'],
      ['list of TYPE', 'Any number of them.', 'list of Line'],
      [
        'map of TYPE',
        'Values by text keys; `by TYPE` says what keys look like.',
        'map of number by text like "@@@"',
      ],
      [
        '{ NAME: TYPE, … }',
        'A record; `and more` lets fields pass that it does not name.',
        '{ street: text, city: text, and more }',
      ],
      ['SCHEMA', 'A declared record.', 'Line'],
      ['TYPE or null', 'Also null.', 'text or null'],
      ['anything', 'Any JSON.', 'anything'],
    ],
  },
  {
    title: 'Limits of a type',
    lead: 'After the type, with commas.',
    wrap: type,
    entries: [
      ['optional', 'May be absent.', 'text, optional'],
      ['default VALUE', 'Read where it is absent.', 'whole number, default 2'],
      [
        'at least N, at most N',
        'Of a number or money, or how many characters or items.',
        'text, at least 1 character, at most 60 characters',
      ],
      ['over X, under X', 'The bound itself is outside.', 'number, over 0, under 1'],
      ['from X to Y', 'Both included.', 'whole number, from 0 to 150'],
      ['before X, after X', 'Of dates and times.', 'date, after 1900-01-01, before 2024-05-16'],
      ['unique', 'No two items are equal.', 'list of text, unique'],
      ['distinct by FIELD', 'No two items are equal in this field.', 'list of Line, distinct by sku'],
      ['without control characters', 'No characters but visible ones.', 'text, without control characters'],
    ],
  },
  {
    title: 'Formats',
    lead: 'After `text as`.',
    wrap: type,
    entries: FORMATS.map((name) => [
      name,
      `${name.replaceAll('_', ' ')}, as its standard has it`,
      `text as ${name}`,
    ]),
  },
  {
    title: 'Units',
    lead: 'Numbers with a unit are compared and added within one dimension and converted. Lengths of time have units of their own.',
    wrap: plain,
    entries: [
      ...dimensions.map((dimension): Entry => {
        const names = Array.from(UNITS).flatMap(([name, unit]) =>
          unit.dimension === dimension ? [name] : [],
        )
        return [
          names.join(' '),
          dimension,
          `tool measure(value: number in ${names[0]}, over 0, at most 90 ${names.at(-1)})`,
        ]
      }),
      [
        'millisecond second minute hour day week',
        'length of time, in the plural too: `milliseconds`, `seconds`, `minutes`, `hours`, `days`, `weeks`',
        'tool rest(value: duration, at least 1 millisecond, at most 2 weeks)',
      ],
    ],
  },
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
      ['remembers KIND', 'Writing to shared memory; fields `text`, `kind`.', 'anyone remembers note'],
      ['recalls KIND', 'Reading from shared memory.', 'anyone recalls note'],
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
        'redact FIELD, redact DETECTOR in FIELD',
        'Blacks out the field, or what the detector finds in it.',
        'redact card_number in text',
      ],
      ['set FIELD to VALUE', 'The step goes on with this value.', 'set text to "withheld"'],
      ['alert ROLE', 'It goes through and somebody is told.', 'alert boss'],
      ['warn', 'It goes through and is reported.', 'warn'],
      ['quarantine', 'The agent stops and what its memory gave is held.', 'quarantine'],
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
        'now, agent, actor, peer',
        'The step’s time, role, instance and other side.',
        'now - at > 5 minutes and agent is "clerk" and actor is not "x"',
      ],
    ],
  },
  {
    title: 'Detectors',
    lead: 'After `contains` and `redact`.',
    wrap: condition,
    entries: DETECTORS.map((name) => [name, `a ${name.replaceAll('_', ' ')}`, `to contains ${name}`]),
  },
  {
    title: 'Consistencies: scope',
    lead: 'At the head of a `consistency`. Without a scope it speaks of one conversation.',
    wrap: consistency,
    entries: [
      [
        'per conversation, per agent, per turn',
        'What is looked at together. `across the fleet` is kept for a later version and refused.',
        'per turn  pay at most once',
      ],
      [
        'for each FIELD',
        'Apart for each value of a field all steps have.',
        'for each order  pay at most once',
      ],
      [
        'after STEP, before STEP',
        'Only from then on; only until then.',
        'for each order, after pay  ship at least once',
      ],
      ['between STEP and STEP', 'Only in closed stretches.', 'between lookup and ship  pay at most once'],
      ['after STEP until STEP', 'Also in stretches still open.', 'approve never after ship until lookup'],
      ['while in STATE', 'While the agent’s machine is in it.', 'while in review  pay never'],
    ],
  },
  {
    title: 'Consistencies: patterns',
    lead: 'X, Y and Z are steps; most take `within D`, `with the same FIELD`, and `otherwise ACTION` at the end.',
    wrap: consistency,
    entries: [
      [
        'X needs an earlier Y',
        'Y comes first.',
        'for each order  pay needs an earlier lookup within 30 minutes',
      ],
      [
        'X needs an earlier Y, then Z',
        'Both, in this order.',
        'for each order  pay needs an earlier lookup, then approve',
      ],
      [
        'X needs an earlier Y each time',
        'A Y of its own for every X.',
        'pay needs an earlier approve each time with the same order',
      ],
      [
        '… by someone else',
        'Maker is not checker.',
        'for each order  pay needs an earlier approve by someone else',
      ],
      [
        '… by N different people, by N others',
        'A quorum.',
        'for each order  pay needs an earlier approve by 2 different people',
      ],
      [
        'X at most N times, at most once',
        'In the scope, or `in any D`, or `per calendar day in "ZONE"` (`week`, `month`, `year`).',
        'pay at most 3 times per calendar month in "Europe/Berlin"',
      ],
      ['X at least N times, exactly N times', 'Judged when the scope ends.', 'ship exactly 2 times'],
      ['X never', 'Not at all.', 'ship never'],
      [
        'X never after Y',
        'Not once Y has happened; also `Y excludes a later X`.',
        'ship excludes a later pay with the same order',
      ],
      [
        'X is followed by Y within D, otherwise …',
        'An obligation: until then, or `before the end`.',
        'pay is followed by ship within 2 days, otherwise alert boss',
      ],
      [
        '… before another X',
        'And no second X before it.',
        'pay is followed by ship before another pay within 1 day',
      ],
      [
        'every X has its Y, and no Y without X',
        'One for each, both ways.',
        'every pay has its ship within 3 days, and no ship without pay',
      ],
      ['X and Y alternate', 'In turns, X first.', 'pay and ship alternate'],
      [
        'X only directly after Y',
        'Nothing of their sort between; also `is directly followed by`, `never directly after`.',
        'pay only directly after approve',
      ],
      ['X requires Y', 'With X also Y, before or after.', 'for each order  ship requires pay'],
      ['X and Y only together', 'Both or none.', 'for each order  pay and ship only together'],
      ['not both X and Y', 'At most one of the two.', 'not both approve and ship with the same order'],
      ['either X or else Y', 'Exactly one of the two.', 'either ship or else pay'],
      ['first step is X, last step is X', 'How it begins and ends.', 'first step is lookup'],
      [
        'total F of X at most N',
        'A budget; also `distinct`, `average`, `highest`, `lowest`.',
        'total amount of pay at most 1_000 EUR in any 24 hours',
      ],
      [
        'F in X agrees with F in the latest Y',
        'Values go together, `within 5 %` or an amount; also `equals`.',
        'for each order  status in status_note agrees with status in the latest result of lookup',
      ],
      [
        'F in X never falls below, never rises above',
        'A bound from an earlier step.',
        'amount in pay never falls below price in the latest result of lookup',
      ],
      ['F of X stays the same', 'As in the first one.', 'to of pay stays the same'],
    ],
  },
  {
    title: 'Flows',
    lead: 'Values keep their origin, and labels travel with everything that was made from what has them.',
    wrap: flow,
    entries: [
      [
        'F of X comes only from S, S',
        'Each value of the field was seen in one of these sources.',
        'to of pay comes only from customer or order of lookup',
      ],
      [
        'sources',
        'A role, `messages from ROLE`, `results of TOOL`, `FIELD of TOOL`, a text, `anything that starts with "…"` or `ends with`, `the agent itself`.',
        'to of pay comes only from messages from customer, results of lookup, "self", anything that ends with "@example.com" or the agent itself',
      ],
      [
        'links in F of X',
        'Only these parts of the text: `links`, `addresses`, `numbers`, `dates`, `identifiers`.',
        'links in to of pay comes only from customer',
      ],
      ['label NAME on S', 'Puts a label on what comes from a source.', 'label private on results of lookup'],
      [
        'NAME never reaches X',
        'What has the label goes into no field of the step; `FIELD of X` names one.',
        'label private on results of lookup  private never reaches to of pay',
      ],
      [
        'even reworded',
        'Also what was only made after reading it.',
        'label private on results of lookup  private never reaches pay even reworded',
      ],
      [
        'unless released by ROLE',
        'A message or tool `release` by this role takes the label off.',
        'label private on results of lookup  private never reaches pay unless released by dpo',
      ],
    ],
  },
  {
    title: 'Tests',
    lead: 'The lines of a `test`. Cases in tables stand beside the policy in `NAME.cases.yaml`.',
    wrap: inTest,
    entries: [
      [
        'at TIME',
        'When it starts.',
        'at 2024-05-15T15:00:00Z  when clerk calls lookup with order = "A"  expect allow',
      ],
      [
        'given STEP with FIELD = VALUE',
        'Has happened; let through unasked.',
        'given clerk calls lookup with order = "A"  when clerk calls ship with order = "A", pieces = 1  expect allow',
      ],
      [
        'given after D, …',
        'So long after the step before; one second if nothing is said. `in the same turn,` keeps the turn.',
        'given after 5 minutes, result of lookup to clerk with order = "A"  when in the same turn, clerk calls lookup with order = "B"  expect allow',
      ],
      [
        'as "ACTOR"',
        'Which instance acts.',
        'when boss calls approve as "ann" with order = "A"  expect allow',
      ],
      [
        'expect VERDICT because "CHECK"',
        '`allow`, `deny`, `ask ROLE`, `repair` or `quarantine`, and which check must speak.',
        'when boss calls ship with order = "A", pieces = 1  expect deny',
      ],
    ],
  },
]
