/** Declarations, agents and types. */
import { FORMATS } from '../../check/prelude.ts'
import { UNITS } from '../../check/units.ts'
import type { Entry, Section } from './section.ts'

const plain = (example: string): string => example
const type = (example: string): string => `schema Example { field: ${example} }`

const dimensions = [...new Set(Array.from(UNITS.values(), ({ dimension }) => dimension))]

export const VOCABULARY: readonly Section[] = [
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
        'Tools from a JSON or MCP tool listing beside the policy; `as NAME` makes a group of all of them; `use schema NAME from "…"` takes a JSON Schema, `, leniently` leaves out what is not understood.',
        '',
      ],
      [
        'use "LIBRARY" version N with NAME = VALUE as PREFIX',
        'Brings in what another policy file says, with its parameters set.',
        '',
      ],
      [
        'parameter NAME: TYPE',
        'In a library: what its user sets; with `default VALUE` it may be left out.',
        '',
      ],
      ['needs tool NAME(…), needs message NAME { … }', 'In a library: what its user has to declare.', ''],
      [
        'needs group NAME(…)',
        'In a library: a group its user has to declare, of any tools and messages with these fields.',
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
      [
        'settles FIELD, … by spends',
        'Of a tool, beside `external`: what the call reserves of a budget across the fleet is replaced by what it turned out to cost.',
        'tool ask(cost: money in USD) { external, settles cost by spends }',
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
        'detector NAME over text { … }',
        'Looks at texts for the policy: `cost` of a look, answer `within` a time, `gives score from A to B` (0 to 1), holds over a `threshold`. One of the name of a built-in one goes before it.',
        'detector gloom over text { cost 0.001 USD, within 200 milliseconds, gives score from 0 to 1, threshold 0.7 }',
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
        'may answer ROLE by sentence',
        'What a model says may be answered sentence by sentence, each judged by itself, before the rest is known; otherwise it waits until it is whole.',
        'may answer customer by sentence',
      ],
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
      [
        'at most MONEY per conversation',
        'What its `spends` add up to. What is overdrawn lets it spawn nothing more.',
        'at most 0.50 USD per conversation',
      ],
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
        'one of Card, Cash told apart by kind',
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
      [
        'from X to Y',
        'Both included; of a text `characters`, of a list items.',
        'text, from 1 to 200 characters',
      ],
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
]
