/**
 * The registry of diagnostic codes. A code is permanent: it may be retired, never reused for something else.
 * P00xx reading the text, P01xx names, P02xx types and bounds, P03xx notes. L00xx are what `parapet lint` finds in a
 * policy that is well written and may still not be what was meant. Retired: P0014, `across the fleet` before there were ledgers.
 */
interface CodeInfo {
  readonly title: string
  readonly severity: 'error' | 'warning' | 'note'
  readonly explanation: string
}

const error = (title: string, explanation: string): CodeInfo => ({ title, severity: 'error', explanation })

export const CODES = {
  P0001: error(
    'Unreadable character',
    'The language has no use for this character outside of text and comments.',
  ),
  P0002: error(
    'Text is not closed',
    'Text starts and ends with a double quote on one line; write \\n for a line break.',
  ),
  P0003: error('Quoted name is not closed', 'A name in back-ticks starts and ends on one line.'),
  P0004: error(
    'Something else was expected',
    'The text up to here is understood; what follows does not fit.',
  ),
  P0005: error(
    'Bracket is not closed',
    'Every `{`, `(` and `[` needs its partner before the next declaration.',
  ),
  P0006: error(
    'Unknown declaration',
    'A policy consists of declarations such as `schema`, `tool`, `agent`, `rule`, `consistency` and `test`.',
  ),
  P0007: error(
    'Policy has no name',
    'A file starts with `policy "…" version …`; the name and version stand in every verdict.',
  ),
  P0008: error('No such date or time', 'Dates are year-month-day, times carry an offset or `Z`.'),
  P0009: error('Rule without `when`', 'A rule says for which steps it speaks: `when clerk calls …`.'),
  P0010: error('Rule without `then`', 'A rule says what follows: `then deny`, `then ask …`.'),
  P0011: error(
    'Consistency says nothing',
    'A consistency states one pattern: `X needs an earlier Y`, `X at most N times`, `X never` …',
  ),
  P0012: error('Said twice', 'This clause may stand once; the second one would silently win.'),
  P0013: error(
    '`and` and `or` without parentheses',
    'Readers disagree on which binds first, so the text must say it.',
  ),
  P0015: error('Test is incomplete', 'A test has one `when` and one `expect`.'),
  P0016: error(
    'Two patterns in one consistency',
    'Each consistency has one pattern, so that a verdict can name it.',
  ),
  P0017: error('Too deep', 'Nesting is bounded, so that every text is read in bounded time and memory.'),
  P0030: error(
    'Flow says nothing',
    'A flow states where a value comes from, or where what has a label never goes.',
  ),
  P0031: error('Two statements in one flow', 'Each flow makes one statement, so that a verdict can name it.'),
  P0101: error(
    'Declared twice',
    'Names are unique among declarations of one sort, and tools, messages, groups and facts share one space.',
  ),
  P0102: error('Unknown schema', 'A type is one of the built-in types or a declared `schema`.'),
  P0103: error('Unknown tool', 'Tools are declared with `tool`.'),
  P0104: error('Unknown message', 'Messages are declared with `message`.'),
  P0105: error('Unknown agent', 'Agents are declared with `agent`; `anyone` is any agent.'),
  P0106: error('Unknown step', 'A step without a verb is the name of a tool, message, group or fact.'),
  P0107: error('Unknown field', 'The step or record has no field of this name.'),
  P0108: error('Unknown name', 'A name is a field of the step, a named value of the rule, or a variable.'),
  P0109: error('Unknown table', 'Tables are declared with `table`.'),
  P0110: error('Unknown format', 'Text formats are built in.'),
  P0111: error('Unknown detector', 'Detectors are built in, or declared with `detector NAME over text`.'),
  P0112: error('Unknown currency', 'Currencies are ISO 4217 codes.'),
  P0113: error('Wrong verb for this name', 'Tools are called, messages are sent and received.'),
  P0114: error('Not a field of every step named', 'Every step the pattern names must have the field.'),
  P0115: error('Join key is not a field', 'A join key must be a field of both steps, of comparable types.'),
  P0116: error(
    'Contains itself',
    'Schemas, groups and facts are expanded where they are used, so they cannot contain themselves.',
  ),
  P0117: error('Unknown time zone', 'Zones are IANA names such as "Europe/Berlin".'),
  P0118: error('Name is taken', 'A named value or variable may not hide a field of the same name.'),
  P0119: error(
    'Permission or name',
    'After a comma in a `may`, a word such as `spend` or `finish` is what an agent does by itself. A tool or message of that name stands in back-ticks there; the permission, in a `may` of its own.',
  ),
  P0130: error(
    'Unknown source',
    'A value comes from a tool, a message, a group, or from someone agents receive messages from.',
  ),
  P0131: error(
    'Unknown label',
    'A label is put on something with `label NAME on …`, in any flow of the policy.',
  ),
  P0132: error(
    'Not a part of a text',
    'Links, addresses, numbers, dates and identifiers can be followed inside a text.',
  ),
  P0133: error(
    'Nothing releases it',
    'A release is a declared message or tool `release`, `approve` or `approval`, by the role that is named.',
  ),
  P0134: error(
    'No threshold',
    'A score becomes a condition by a threshold, of the detector or of the condition.',
  ),
  P0135: error('Outside of the scores', 'A detector gives scores of a range; a threshold lies inside of it.'),
  P0201: error('Cannot be compared', 'Both sides of a comparison have one type.'),
  P0202: error('Money against a plain number', 'Money carries its currency.'),
  P0203: error('Across currencies', 'There is no exchange rate in a policy.'),
  P0204: error('Not one of the options', 'The field is declared as `one of` other values.'),
  P0205: error('Cannot be calculated', 'The units of the two sides do not go together.'),
  P0206: error('Not a condition', 'A condition is something that holds or does not.'),
  P0207: error('Not a list', 'Counting and quantifying are for lists.'),
  P0208: error('Not text', 'Text tests are for text.'),
  P0209: error('Wrong number of keys', 'A table is read with as many keys as it is declared `by`.'),
  P0210: error(
    'Table rows disagree',
    'All rows of a table have the same number of keys and values of one type.',
  ),
  P0211: error('Constraint does not fit the type', 'Each type has its own constraints.'),
  P0212: error('Empty range', 'No value can satisfy both bounds.'),
  P0213: error(
    'Not a usable regular expression',
    'Expressions run in linear time: no look-around, no back-references.',
  ),
  P0214: error('Cannot be totalled', 'Totals are for numbers, money and durations.'),
  P0215: error('No deadline', 'Waiting is bounded: say `within` how long.'),
  P0216: error('Value does not fit the field', 'The value has another type than the field it is given to.'),
  P0217: error('Redact what?', 'Redacting needs a text field of the step.'),
  P0218: error('Not a whole number', 'Counts are whole numbers.'),
  P0219: error('Fact mixed with other steps', 'A fact has its own condition and therefore stands alone.'),
  P0220: error('Shape fits no record', 'A tool takes and a message carries a record.'),
  P0221: error(
    'Units do not go together',
    'Numbers with a unit are compared and added within one dimension; they are converted.',
  ),
  P0222: error(
    'Cannot be told apart',
    'Each variant of a union has a text of its own in the field that tells them apart.',
  ),
  P0223: error(
    'Imported file cannot be used',
    'Files are read by the program that compiles; nothing is fetched.',
  ),
  P0224: error(
    'Schema cannot be said',
    'What a schema asks for must be judged; nothing is left out silently.',
  ),
  P0225: error(
    'Words that do not go together',
    'A term, a window or a scope that would mean nothing in this pattern is refused rather than ignored.',
  ),
  P0226: error(
    'Action does not fit the step',
    'Only what an agent is about to do can be tried again, sent elsewhere, or replaced by something else.',
  ),
  P0227: error(
    'Not across the fleet',
    'A ledger of the whole fleet counts, adds up and remembers what came earlier; what needs the order of all steps, or an end, it cannot say.',
  ),
  P0228: error(
    'Whose role?',
    'A step is taken by an `actor`; of a message that is received, the `sender` has the roles.',
  ),
  P0229: error(
    'Kept for ever',
    'Across the fleet nothing ends by itself: what is kept for each value grows with them, unless a window lets it go. Whoever wants that says so.',
  ),
  P0230: error(
    'Too many sources',
    'Which source gave a value is remembered in a number of bits, so that a look-up always costs the same.',
  ),
  P0240: error(
    'No such library',
    'Libraries are policies beside the policy that uses them, or come along with the program that compiles.',
  ),
  P0241: error(
    'Library uses itself',
    'What a library brings is put in place of its `use`, so that must end.',
  ),
  P0242: error('Other version', 'A policy says which version of a library it was written for.'),
  P0243: error(
    'Parameter without a value',
    'A parameter without a default is set by whoever uses the library.',
  ),
  P0244: error('Unknown parameter', 'Parameters are declared in the library with `parameter`.'),
  P0245: error('Library needs something else', 'A library says which tools and messages it speaks of.'),
  P0301: {
    title: 'Optional field in a comparison',
    severity: 'note',
    explanation:
      'When the field is absent the comparison is unknown and the rule takes its `on error`. Ask with `is present` first.',
  },
  P0302: {
    title: 'Imported with less than it says',
    severity: 'warning',
    explanation: 'A keyword of the schema is not understood and was left out, as `leniently` allows.',
  },
} as const satisfies Record<string, CodeInfo>

const warning = (title: string, explanation: string): CodeInfo => ({
  title,
  severity: 'warning',
  explanation,
})

/** One check each in `dsl/lint/`. */
export const LINT_CODES = {
  L0001: warning(
    'Never speaks',
    'No step that looks as declared can meet the condition, so the check decides nothing.',
  ),
  L0002: warning(
    'Always holds',
    'What is declared already implies this part of the condition; a reader will think that it decides something.',
  ),
  L0003: warning(
    'Permission decides before',
    'The agents’ `may` lines settle these steps already, so the rule changes no verdict.',
  ),
  L0004: warning(
    'Shadowed',
    'An earlier rule stops every step that this one would stop, so it changes no verdict.',
  ),
  L0005: warning(
    'Overruled',
    'Whenever this rule speaks, a stronger one denies the same step: the stronger one wins, whatever their order.',
  ),
  L0006: warning(
    'Said under two names',
    'Two declarations mean the same; a change to one will miss the other.',
  ),
  L0007: warning('Never used', 'Nothing in the policy refers to it.'),
  L0008: warning(
    'No `because`',
    'A verdict without a reason teaches neither the agent nor the reader where the rule comes from.',
  ),
  L0009: warning(
    'Tool that nothing watches',
    'It does more than read, agents may call it, and no rule or consistency speaks of it.',
  ),
  L0010: warning(
    'Looks like something else',
    'Letters of another script, invisible characters and names that differ by case alone deceive reviewers.',
  ),
  L0011: warning(
    'Shadow without severity',
    'A rule in `mode shadow` is there to be read in reports, which are ordered by severity.',
  ),
  L0012: warning('Asks the one who asks', 'An approval is worth something only if someone else gives it.'),
  L0013: {
    title: 'A person decides',
    severity: 'note',
    explanation: 'The approver is no declared agent, so the question waits for a person of that role.',
  },
  L0014: warning(
    'Waits for more than a year',
    'Timers hold any length, but the conversation has to be kept open for it; most often a unit is wrong.',
  ),
  L0015: warning(
    'Folded away',
    'Text is compared in its plain form, so these characters count for nothing unless `exactly` is said.',
  ),
  L0016: warning(
    'Never certain',
    'The condition cannot hold for any step; it can only be undecided, and then `on error` is taken.',
  ),
  L0017: warning('Silence lets it through', 'If nobody answers in time, the step goes ahead.'),
  L0018: warning(
    'Incomplete permission to differ',
    'What is allowed to differ names its codes and gives its reason: `# lint: allow L0008 because …`.',
  ),
  L0019: warning('Nothing to allow here', 'The comment allows a finding that there is not.'),
  L0020: warning(
    'Comes too late',
    'A failure has happened when it is judged: it counts, but it cannot be denied, asked about or repaired.',
  ),
  L0021: warning(
    'Nearly the name of somebody else',
    'Who is asked, told or heard need not be declared, so a misspelt name is somebody nobody knows: nobody ever answers.',
  ),
} as const satisfies Record<string, CodeInfo>

export type LintCode = keyof typeof LINT_CODES
export type PolicyCode = keyof typeof CODES
export type Code = PolicyCode | LintCode
