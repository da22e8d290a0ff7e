/** Runs a program to its end; failures are values, as a missing program is an everyday answer here. */
import { execFile } from 'node:child_process'

export type Ran =
  | { readonly kind: 'ok'; readonly output: string }
  | { readonly kind: 'failed'; readonly why: string }

const OUTPUT_BYTES_MAX = 1024 * 1024

export function run(
  program: string,
  args: readonly string[],
  options: { readonly timeoutMs: number; readonly cwd?: string },
): Promise<Ran> {
  return new Promise((resolve) => {
    const settings = {
      timeout: options.timeoutMs,
      maxBuffer: OUTPUT_BYTES_MAX,
      env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    }
    execFile(program, args, settings, (error, stdout, stderr) => {
      if (error === null) resolve({ kind: 'ok', output: `${stdout}${stderr}` })
      else if (error.code === 'ENOENT') resolve({ kind: 'failed', why: `\`${program}\` is not installed` })
      else if (error.killed)
        resolve({ kind: 'failed', why: `\`${program}\` took longer than ${options.timeoutMs} ms` })
      else resolve({ kind: 'failed', why: stderr.trim().split('\n').at(-1) || error.message })
    })
  })
}
