/** Calls back when files change, once after a burst: editors write a file in several steps. */
import { watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Clock } from '#runtime/fleet/clock.ts'

/** Nothing has changed for this long before it is looked at. */
export const QUIET_MS = 80

/** Tells of folders rather than files, since editors put a new file in the old one's place. Returns how to stop. */
export type WatchFolder = (folder: string, changed: (name: string) => void) => () => void

const watchFolder: WatchFolder = (folder, changed) => {
  const watcher = watch(folder, (_, name) => name !== null && changed(name))
  return () => watcher.close()
}

export function watchFiles(
  files: readonly string[],
  concerns: (name: string, policyStem: string) => boolean,
  changed: () => void,
  { after }: Pick<Clock, 'after'>,
  folders: WatchFolder = watchFolder,
): () => void {
  let cancel = () => {}
  const stops = files.map((file) =>
    folders(dirname(file), (name) => {
      if (!concerns(name, basename(file).replace(/\.parapet$/, ''))) return
      cancel()
      cancel = after(QUIET_MS, changed)
    }),
  )
  return () => {
    cancel()
    for (const stop of stops) stop()
  }
}
