/** What is said across steps: consistencies, flows and tests. */
import type { Section } from './section.ts'

const consistency = (example: string): string => `consistency "Example" { ${example} }`
const flow = (example: string): string => `flow "Example" { ${example} }`
const inTest = (example: string): string => `test "Example" { ${example} }`

export const HISTORIES: readonly Section[] = [
  {
    title: 'Consistencies: scope',
    lead: 'At the head of a `consistency`. Without a scope it speaks of one conversation.',
    wrap: consistency,
    entries: [
      ['per conversation, per agent, per turn', 'What is looked at together.', 'per turn  pay at most once'],
      [
        'across the fleet',
        'All conversations together, kept in a ledger that is asked before the step: `at most`, `total … at most`, `distinct … at most`, `needs an earlier`, `never after` a result or failure.',
        'across the fleet, for each order  pay at most once in any 30 days',
      ],
      [
        'kept forever',
        'Across the fleet, what is kept for each value of a field never goes unless a window lets it; whoever wants that says so.',
        'across the fleet, for each order, kept forever  pay at most once',
      ],
      [
        'for each FIELD',
        'Apart for each value of a field all steps have.',
        'for each order  pay at most once',
      ],
      [
        'for each tool, for each actor',
        'Apart for each tool, whether it is called, gives a result or fails; apart for each who acts.',
        'for each tool  calls at most 100 times in any 1 minute',
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
        'X never within D after Y, after Y N times in any D',
        'A rest: from such a Y on, or from the last of N of them.',
        'for each tool  calls never within 10 minutes after failure of any tool 5 times in any 2 minutes',
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
        'total F of X at most TABLE for KEY, at most FIELD',
        'The limit is what the step that is judged says, by itself or by a table; also `X at most FIELD times`. Unknown where it cannot be read.',
        'total amount of pay at most limits for to per calendar day in "Europe/Berlin"',
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
        'only F, "NAME" may read S',
        'Who may read what comes from a source: fields of the step that gives it, or names.',
        'only status may read order of lookup  pay must be readable by to',
      ],
      [
        'X must be readable by F',
        'Everything the step carries is for whom the field names, or `peer`; `FIELD of X` names what is looked at.',
        'only "anna" may read results of lookup  to of pay must be readable by to unless released by dpo',
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
        'in role "…" of tenant "…"',
        'What the fleet’s directory says of who acts, or of who sent what is received.',
        'when boss calls approve as "ann" in role "treasurer" of tenant "acme" with order = "A"  expect allow',
      ],
      [
        'expect VERDICT because "CHECK"',
        '`allow`, `deny`, `ask ROLE`, `repair` or `quarantine`, and which check must speak.',
        'when boss calls ship with order = "A", pieces = 1  expect deny',
      ],
    ],
  },
]
