/** Leases in memory, shared by the daemons of one process: for tests, simulation and runs without a server. */
import { checkLease, type LeaseChange, type Leases, type LeaseWatch, type Written } from './leases.ts'

export function memoryLeases(): Leases {
  const standing = new Map<string, LeaseChange>()
  const watchers = new Set<(change: LeaseChange) => void>()
  let revision = 0

  /** Heard in a microtask, in writing order, never inside the call that writes. */
  function tell(watcher: (change: LeaseChange) => void, change: LeaseChange): void {
    queueMicrotask(() => {
      if (watchers.has(watcher)) watcher(change)
    })
  }

  async function write(key: string, value: string | undefined, over: number | undefined): Promise<Written> {
    if (over !== undefined && (standing.get(key)?.revision ?? 0) !== over) return { kind: 'lost' }
    const change = { key, value, revision: ++revision }
    // At its new place, so that a later watcher hears what stands in the order of writing.
    standing.delete(key)
    standing.set(key, change)
    for (const watcher of watchers) tell(watcher, change)
    return { kind: 'held' }
  }

  return {
    async acquire(key, value, over) {
      checkLease(key, value)
      return write(key, value, over)
    },
    async renew(key, value) {
      checkLease(key, value)
      return write(key, value, undefined)
    },
    release: (key, revision) => write(key, undefined, revision),
    async forget(key) {
      standing.delete(key)
    },
    async look(key) {
      const change = standing.get(key)
      return change ? { kind: 'stands', change } : { kind: 'none' }
    },
    async watch(listener): Promise<LeaseWatch> {
      const watcher = (change: LeaseChange): void => listener(change)
      watchers.add(watcher)
      for (const change of standing.values()) tell(watcher, change)
      return {
        async close() {
          watchers.delete(watcher)
        },
      }
    },
  }
}
