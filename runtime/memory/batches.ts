/**
 * One lane for everything that changes a store, so that a commit costs the same for one row and for a thousand.
 *
 * Invariants:
 * 1. Jobs finish in the order they were accepted; never two at a time.
 * 2. What arrives while a batch is being written makes the next batch: no timer, no waiting while idle.
 * 3. A batch holds whole writes only and stays within `rowsMax` and `bytesMax`, unless one write alone is larger.
 */
export interface Batches<Item> {
  /** Undefined when `queueRowsMax` would be passed; otherwise settles with what `commit` gave for its batch. */
  add(items: readonly Item[], bytes: number): Promise<Committed> | undefined
  /** Runs by itself, after what was accepted before it. */
  alone<Result>(work: () => Promise<Result>): Promise<Result>
  /** Every item accepted so far has been through `commit`. */
  caughtUp(): Promise<void>
}

export type Committed = { readonly kind: 'committed' } | { readonly kind: 'failed'; readonly cause: Error }

export interface BatchLimits {
  readonly rowsMax: number
  readonly bytesMax: number
  readonly queueRowsMax: number
}

type Job<Item> =
  | {
      readonly kind: 'items'
      readonly items: readonly Item[]
      readonly bytes: number
      readonly done: (result: Committed) => void
    }
  | { readonly kind: 'alone'; readonly run: () => Promise<void> }

/** `commit` must not throw. */
export function openBatches<Item>(
  limits: BatchLimits,
  commit: (items: readonly Item[]) => Promise<Committed>,
): Batches<Item> {
  const jobs: Job<Item>[] = []
  let queuedRows = 0
  let running = false
  let lastAdded: Promise<unknown> = Promise.resolve()

  const enqueue = (job: Job<Item>) => {
    jobs.push(job)
    if (running) return
    running = true
    // A microtask later, so that writes of one turn of the event loop share the first batch.
    queueMicrotask(() => void drain())
  }

  const drain = async () => {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      if (job.kind === 'alone') {
        await job.run()
        continue
      }
      const batch = [job]
      let rows = job.items.length
      let bytes = job.bytes
      for (let next = jobs[0]; next?.kind === 'items'; next = jobs[0]) {
        rows += next.items.length
        bytes += next.bytes
        if (rows > limits.rowsMax || bytes > limits.bytesMax) break
        batch.push(next)
        jobs.shift()
      }
      const result = await commit(batch.flatMap((each) => each.items))
      for (const each of batch) {
        queuedRows -= each.items.length
        each.done(result)
      }
    }
    running = false
  }

  return {
    add(items, bytes) {
      if (queuedRows + items.length > limits.queueRowsMax) return undefined
      queuedRows += items.length
      const { promise, resolve } = Promise.withResolvers<Committed>()
      lastAdded = promise
      enqueue({ kind: 'items', items, bytes, done: resolve })
      return promise
    },
    alone<Result>(work: () => Promise<Result>) {
      const { promise, resolve, reject } = Promise.withResolvers<Result>()
      enqueue({ kind: 'alone', run: () => work().then(resolve, reject) })
      return promise
    },
    async caughtUp() {
      await lastAdded
    },
  }
}
