/** Which answers a customer has heard, by the key of their delivery: the same answer twice is one answer. */
import { DatabaseSync } from 'node:sqlite'

export interface Heard {
  /** How many different answers the conversation had heard when this one first came, itself included. */
  nth(conversation: string, key: string): number
  close(): void
}

export function openHeard(file: string): Heard {
  const db = new DatabaseSync(file)
  db.exec('PRAGMA journal_mode = WAL')
  db.exec(
    'CREATE TABLE IF NOT EXISTS heard (conversation TEXT, key TEXT, nth INTEGER, PRIMARY KEY (conversation, key)) STRICT',
  )
  const add = db.prepare(
    'INSERT INTO heard SELECT :conversation, :key, COUNT(*) + 1 FROM heard WHERE conversation = :conversation ON CONFLICT DO NOTHING',
  )
  const read = db.prepare('SELECT nth FROM heard WHERE conversation = :conversation AND key = :key')
  return {
    nth(conversation, key) {
      add.run({ conversation, key })
      return Number(read.get({ conversation, key })!['nth'])
    },
    close: () => db.close(),
  }
}
