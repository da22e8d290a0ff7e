/** What an inbox delivers, as an input. That the runtime itself speaks is believed of the fleet's own partitions alone. */
import type { InboxMessage } from '#runtime/log/port.ts'
import { isPartitionSource } from './address.ts'
import { decodeBody, type Input } from './record.ts'
import { isPlain } from './size.ts'

/** Never refused here: what cannot be read is the policy's to refuse, under a name that no policy lets in. */
export function inputOf({ body, source, seq, position }: InboxMessage): Input & { readonly kind: 'message' } {
  const fromFleet = isPartitionSource(source)
  const decoded = decodeBody(body)
  const read = decoded && (fromFleet || isPlain(decoded.fields, body.length)) ? decoded : undefined
  return {
    kind: 'message',
    message: read?.message ?? 'parapet.unreadable',
    from: read?.from ?? source,
    fields: read?.fields ?? {},
    position,
    source,
    seq,
    ...(read?.runtime === true && fromFleet ? { runtime: true } : {}),
    ...(read?.labels ? { labels: read.labels } : {}),
  }
}
