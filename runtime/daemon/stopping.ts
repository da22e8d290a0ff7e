/** How a command ends before its end: at Ctrl-C, at SIGTERM, when nobody reads what it says; and how it waits for a slow reader. */

interface Stop {
  readonly signal: AbortSignal
  /** `| head` has closed the pipe. */
  readonly outputGone: boolean
  listen(said: string | undefined): void
  close(): void
}

/** Ends work cleanly at Ctrl-C or SIGTERM, so that no server is left behind; and when nobody reads the output any more. */
export function stopSignal(out: NodeJS.WriteStream): Stop {
  const controller = new AbortController()
  let outputGone = false
  let onSignal: (() => void) | undefined
  const onOutputError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    outputGone = true
    controller.abort()
  }
  out.on('error', onOutputError)
  return {
    signal: controller.signal,
    get outputGone() {
      return outputGone
    },
    listen(said: string | undefined) {
      onSignal = () => {
        if (controller.signal.aborted) process.exit(130)
        if (said !== undefined) process.stderr.write(`\n${said}\n`)
        controller.abort()
      }
      process.on('SIGINT', onSignal)
      process.on('SIGTERM', onSignal)
    },
    close() {
      if (!onSignal) return
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}

/** Resolves when the output takes more, or nobody reads it any more. */
export function roomFor(out: NodeJS.WriteStream, line: string): Promise<void> {
  if (out.write(`${line}\n`) || out.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const go = () => {
      out.off('drain', go).off('error', go).off('close', go)
      resolve()
    }
    out.once('drain', go).once('error', go).once('close', go)
  })
}
