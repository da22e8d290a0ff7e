/** Users and permissions as a part of a nats-server's configuration, to be included in it. */
import type { KeyedUser } from './keys.ts'

/** An answer leaves within this; the daemon's own limit is shorter. */
export const ANSWER_TTL_S = 30

export function serverConfig(fleet: string, users: readonly KeyedUser[]): string {
  return [
    `# Users of the fleet ${fleet}. Made by \`parapet nats-permissions\` from its policy: make it anew when that changes.`,
    'authorization {',
    '  users = [',
    ...users.flatMap((user) => [
      `    # ${user.name}`,
      '    {',
      `      nkey: ${user.publicKey}`,
      '      permissions: {',
      `        publish: ${rights(user.publish)}`,
      `        subscribe: ${rights(user.hears)}`,
      ...(user.answers ? [`        allow_responses: { max: 1, expires: "${ANSWER_TTL_S}s" }`] : []),
      '      }',
      '    }',
    ]),
    '  ]',
    '}',
    '',
  ].join('\n')
}

/** Nothing is denied by saying so: an empty list of what is allowed would allow all. */
function rights(subjects: readonly string[]): string {
  if (subjects.length === 0) return '{ deny: [">"] }'
  return `{ allow: [${subjects.map((subject) => JSON.stringify(subject)).join(', ')}] }`
}
