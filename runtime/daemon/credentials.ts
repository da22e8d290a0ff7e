/** Who this process is to the server: the file that `NATS_CREDS` names, as `parapet nats-permissions` writes it. */
import { readFileSync } from 'node:fs'
import { type Credentials, credentialsIn } from '#runtime/log/credentials.ts'
import { ProblemError, problem } from './problem.ts'

/** Nothing for a fleet's own server, which takes anybody on this machine. Throws ProblemError when the file is no good. */
export function ownCredentials(natsUrl: string | undefined): Credentials | undefined {
  const file = process.env['NATS_CREDS']
  if (file === undefined || natsUrl === undefined) return undefined
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ProblemError(
      problem('D0095', `NATS_CREDS: ${(cause as Error).message}`, {
        where: file,
        help: 'name a file that `parapet nats-permissions` wrote',
      }),
    )
  }
  const credentials = credentialsIn(text)
  if (credentials === undefined)
    throw new ProblemError(
      problem('D0095', 'NATS_CREDS names a file without a user’s seed', {
        where: file,
        help: 'it is a `.creds` file, or a `.nk` file with a seed that begins with SU',
      }),
    )
  return credentials
}
