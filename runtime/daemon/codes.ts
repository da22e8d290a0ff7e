/**
 * The registry of what the command line may say is in the way. A code is permanent: it may be retired, never reused for
 * something else. design/errors.md is made of this (`node runtime/daemon/errors-page.ts`).
 */
export interface CodeInfo {
  readonly title: string
  readonly means: string
  /** What a person does about it. */
  readonly help: string
}

const code = (title: string, means: string, help: string): CodeInfo => ({ title, means, help })

export const CODES = {
  D0001: code(
    'No fleet file',
    'The path given to `parapet up` names no file.',
    'Check the path; it is relative to the folder you stand in.',
  ),
  D0002: code(
    'Fleet file cannot be used',
    'The file throws when it is loaded, or its default export is no fleet.',
    'A fleet file ends in `export default defineFleet({ name, policy, agents, world })`. PARAPET_DEBUG=1 shows the stack.',
  ),
  D0003: code(
    'Data of another format',
    'Another version of Parapet wrote this folder. It is left untouched.',
    'Run the version that wrote it, or choose another folder with --data.',
  ),
  D0004: code(
    'Data of another number of partitions',
    'Conversations are spread over partitions when a fleet is born; another number would look for them in the wrong place.',
    'Write the number it was born with into the fleet file, or choose another folder with --data.',
  ),
  D0005: code(
    'Data folder cannot be written',
    'The folder cannot be made or written to.',
    'Check its rights and the space on its disk, or choose another with --data.',
  ),
  D0006: code(
    'Data folder is damaged',
    '`fleet.json` is missing parts or is no JSON. Nothing was changed.',
    'Restore it from a copy, or choose another folder with --data.',
  ),
  D0007: code(
    'No data here',
    'No fleet, or not the one named, has run with this data folder.',
    'Run `parapet up FLEET.ts` first, or name the folder with --data and the fleet with --fleet.',
  ),
  D0008: code(
    'Several fleets have data here',
    'It is not clear which one is meant.',
    'Name one with --fleet.',
  ),
  D0009: code(
    'Policy of the fleet is missing',
    'The fleet file names a policy that is not there. Without a policy nothing is started.',
    'The path is relative to the fleet file.',
  ),
  D0010: code(
    'Policy file cannot be read',
    'There is no such file, or it cannot be opened.',
    'Check the path.',
  ),
  D0011: code(
    'Policy has errors',
    'A policy with errors judges nothing, so nothing is started.',
    'Mend what `parapet check` shows; every error has its place and a help line.',
  ),
  D0012: code(
    'Agent without declaration',
    'The fleet has an agent that its policy does not declare; it could do nothing.',
    'Declare it in the policy (`agent NAME { … }`) or take it out of the fleet file.',
  ),
  D0020: code(
    'No server to read the log with',
    'The records lie in a nats-server’s store and no nats-server can be had.',
    'Install nats-server, or set NATS_URL to the one that holds the log.',
  ),
  D0021: code(
    'Text of the policy is not kept',
    'The record was judged under a policy whose text is not in the data folder, so its verdicts cannot be made again.',
    'Look on the machine where the fleet ran; texts are kept in `policies/` of its data folder.',
  ),
  D0022: code(
    'No such conversation or turn',
    'The log has nothing under this reference.',
    '`parapet trace` lists every conversation with its turns.',
  ),
  D0023: code(
    'No reference to a turn',
    'A turn is named CONVERSATION#TURN.',
    'Copy the reference from `parapet trace`, e.g. `airline-0-0#7`; some shells want it in quotes.',
  ),
  D0024: code(
    'Log is empty',
    'The log was opened and holds no record yet.',
    'Run the fleet first; if it ran on a server of its own choosing, set NATS_URL to that one.',
  ),
  D0030: code(
    'Shared memory cannot be opened',
    'The folder `memory/` cannot be used.',
    'Follow what the message says; without its memory the fleet does not start.',
  ),
  D0032: code(
    'Partition stopped',
    'A partition met what it cannot go on from. What is committed is kept.',
    'Read the message (PARAPET_DEBUG=1 adds the stack); after mending, the same command goes on.',
  ),
  D0033: code(
    'Record cannot be read',
    'A slot of the log holds something that is not a record of this version. Nothing was changed.',
    'Something else wrote to the stream, or another version of Parapet did. Restore the store from a copy, or start anew with another --data.',
  ),
  D0034: code(
    'World cannot be opened',
    'The `world` of the fleet file threw while it opened, started its conversations, or closed.',
    'Mend what it says; nothing was started.',
  ),
  D0035: code(
    'Detector is missing',
    'The policy asks a detector that is neither built in nor given by the fleet’s world. What asks it could never be decided.',
    'Give it under `detectors` in what `world` returns, or take it out of the policy.',
  ),
  D0036: code(
    'Setting for shared fleets is wrong',
    'A variable of the environment holds what cannot be meant. Nothing was started.',
    'PARAPET_LEASE_MS is a number of milliseconds, PARAPET_REPLICAS is 1, 3 or 5; leave them away for the usual.',
  ),
  D0037: code(
    'Two daemons of the same name',
    'Daemons that share a fleet tell each other apart by the file `member` in their data folders. Another one has the same: one folder is a copy of the other. This one stopped; nothing was lost or done twice.',
    'Remove `member` from one of the two folders and start that daemon again.',
  ),
  D0038: code(
    'Log has lost records',
    'Records that the log had acknowledged are gone: its server lost power before they were on disk, or its store is an older copy. The daemon that wrote them stopped and wrote nothing over them.',
    'What those records had let happen (calls, answers, budgets) may happen again when the fleet goes on from what is left: compare with what tools and people saw, bring back a newer copy of the store if there is one, and only then start again. `sync_interval: always` and three nodes keep this from happening.',
  ),
  D0039: code(
    'Embedder is of no use',
    'The `embedder` of the fleet file threw, its model cannot be loaded, or it gives vectors of other dimensions than it says. Nothing was started.',
    'Mend what it says. `parapet/runtime` has `transformersEmbedder`, `endpointEmbedder` and `offlineEmbedder`; the last is used where the fleet file names none.',
  ),
  D0040: code(
    'nats-server does not start',
    'A server was found but did not come up.',
    'Read `nats/server.log` in the data folder.',
  ),
  D0041: code(
    'Port is taken',
    'Something else listens on the port asked for.',
    'End it, name another with --port, or leave --port away to have a free one.',
  ),
  D0042: code(
    'Log cannot be opened',
    'The server does not answer, offers no JetStream, or holds a log that does not fit.',
    'Check NATS_URL and that the server runs with JetStream (`-js`).',
  ),
  D0043: code(
    'Data folder is in use',
    'Another daemon runs on this data folder.',
    'Stop it, or give this one another folder with --data. `parapet trace` and `explain` work beside a running daemon.',
  ),
  D0044: code(
    'nats-server did not stay up',
    'The fleet’s own server ended again and again and was given up. What is committed is kept.',
    'Read `nats/server.log` in the data folder; after mending, the same command goes on.',
  ),
  D0045: code(
    'Log on another server cannot be put aside',
    '`--again` moves the data folder away, but NATS_URL names a server that keeps the log elsewhere.',
    'Leave --again away, or unset NATS_URL.',
  ),
  D0046: code(
    'No server for the log',
    'No nats-server can be had now, and the fleet has run on one, so that starting over in memory would do its work twice; or it runs in production, where nothing runs in memory unasked.',
    'Install nats-server, set NATS_URL, or choose another folder with --data; `--memory` runs beside the data and leaves it alone.',
  ),
  D0047: code(
    'No daemon answers',
    'No daemon of this fleet is running, or it cannot be reached.',
    'Start it with `parapet up FLEET.ts`; if it runs on a server of its own choosing, set NATS_URL and --fleet.',
  ),
  D0048: code(
    'The daemon says no',
    'A running daemon heard the question and refused it; the message says why.',
    'Follow the message. Who may decide, and speak as whom, is written in the fleet file under `people`.',
  ),
  D0049: code(
    'Control plane cannot be opened',
    'The address for HTTP is taken or may not be used, or the server does not let the daemon answer questions.',
    'Choose another with --http, or leave it away.',
  ),
  D0050: code(
    'Traces cannot be read',
    'There is no such file, it cannot be opened or unzipped, or it is longer than is read at once.',
    'Check the path. A long file of JSON lines can be split at any line.',
  ),
  D0051: code(
    'Traces of no known format',
    'The file is not JSON, or nothing in its first lines tells its format.',
    'Name the format with --format if it is one of them: events, steps, fleet, openai, anthropic, otel.',
  ),
  D0052: code(
    'Not clear whom the traces speak of',
    'Recordings of other systems have an assistant; the policy has roles, and it is not clear which of them it plays.',
    'Name the role with --agent.',
  ),
  D0053: code(
    'Labelled examples cannot be used',
    'The file is not there, a line is no example, or all examples have one label.',
    'Write one example a line: `{"text": "…", "label": 1}`; some with label 1, some with 0.',
  ),
  D0054: code(
    'Not clear which detector',
    'The policy asks none or several, or the one that is named gave no score.',
    'Name one of those it asks with --detector; give examples of a fleet’s own detector their `score`.',
  ),
  D0055: code(
    'Policy has no tests that hold',
    'A test or a case fails on the policy as it is, cannot be run, or there is none: nothing can be said of changes then.',
    'Run `parapet test POLICY` and mend what fails.',
  ),
  D0059: code(
    'Nothing to prove',
    'The fleet has no agent of that name.',
    'Name one of its agents with --agent, or none for all of them.',
  ),
  D0060: code(
    'Layout would not say the same',
    'The formatter reads what it made before it writes it; here the words, the comments or their meaning would differ. Nothing was written.',
    'This is a mistake of the formatter: report it with the file.',
  ),
  D0061: code(
    'Policy file cannot be written',
    'The new text could not be put in the place of the old one, which is untouched.',
    'Check the rights of the file and its folder, and the space on the disk.',
  ),
  D0070: code(
    'Export cannot be written',
    'The file is there already, or cannot be written to.',
    'Name another file, or check its folder and the space on the disk.',
  ),
  D0071: code(
    'File is no exported fleet',
    'It is damaged, not made by `parapet export`, or by another version.',
    'Export again, with the version that is to read it.',
  ),
  D0072: code(
    'Place for the import is not empty',
    'A fleet of this name has data in the folder, or its log on the server.',
    'Import into an empty folder (--data), or to another server.',
  ),
  D0073: code(
    'Imported log is judged otherwise',
    'What was imported was judged again, and some verdicts differ from those recorded.',
    'Look at them with `parapet trace --replay`; import with the version that judged.',
  ),
  D0080: code(
    'Tools cannot be listed',
    'The server does not start or answer, does not speak MCP, or the file holds no listing.',
    'Try its command or URL by hand; what it wrote to its standard error stands in the message.',
  ),
  D0081: code(
    'Nothing to offer',
    'No agent of the policy may receive a message from those for whom the fleet is to be served.',
    'Name with --from whom the agents listen to, as the policy calls them.',
  ),
  D0090: code(
    'Policy cannot be bundled',
    'Its tests fail, it is too long, the key is none, or the file is no bundle or does not mean what it says.',
    'Follow the message. Nothing was deployed.',
  ),
  D0091: code(
    'Policy is not let in',
    'A daemon does not trust the bundle, or it does not compile there to what it says. The last known good policy judges on.',
    'Sign it with a key the fleet file trusts (`--key`), or deploy from the version of Parapet the daemons run.',
  ),
  D0092: code(
    'Some partitions have not switched yet',
    'They are between two daemons. The others are switched; whoever takes these brings them along.',
    'Look at `parapet policies`; the same command again does no harm.',
  ),
  D0093: code(
    'Backtest finds too much',
    'Over the recorded log more verdicts would have been others than `--at-most` says, or the log could not be read.',
    'Look at the examples; raise the bound, mend the policy, or go to the shadow only (`--to shadow`).',
  ),
  D0094: code(
    'Nothing to roll back',
    'No candidate is tried, and no policy judged before the one that judges now.',
    'Deploy the policy you want instead.',
  ),
  D0095: code(
    'Credentials cannot be used',
    'The file that NATS_CREDS names is not there, cannot be read, or holds no user’s seed.',
    'Name one that `parapet nats-permissions` wrote: a `.creds` or a `.nk` file.',
  ),
  D0096: code(
    'Permissions cannot be made',
    'The folder cannot be written to, or it is not said which fleet a policy is for.',
    'Name the fleet (`--fleet`), or another folder (`--out`).',
  ),
  D0097: code(
    'File of seals cannot be used',
    'It is not there, or one of its lines is no seal.',
    'Make it with `parapet trace --seal FILE`; a line that was changed by hand counts as tampered with.',
  ),
  D0098: code(
    'Spans cannot be sent',
    'The collector does not answer or refuses them, or the file cannot be written.',
    'Check its address (OTLP over HTTP, usually port 4318). What was sent before may be sent again without harm.',
  ),
  D0099: code(
    'File cannot be written',
    'What the command makes could not be put where it was asked to.',
    'Check the path, the rights of its folder and the space on the disk.',
  ),
} as const satisfies Record<string, CodeInfo>

export type Code = keyof typeof CODES
