#!/usr/bin/env node
/**
 * Starts the command line on Node 24 or newer. Plain JavaScript that Node 18 understands, so that an older Node finds the
 * one in node_modules (package `node`) or says what is missing.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'

const NODE_NEEDED = 24
/** Set for the child, so that a wrong binary cannot start itself for ever. */
const STARTED = 'PARAPET_STARTED'

if (Number.parseInt(process.versions.node, 10) >= NODE_NEEDED) {
  // Compiled code is kept between runs, in the system's temporary folder: half of what starting takes.
  module.enableCompileCache()
  const { main } = await import('../runtime/daemon/cli.ts')
  process.exitCode = await main(process.argv.slice(2))
} else {
  const node = process.env[STARTED] ? undefined : installedNode()
  if (node) startWith(node)
  else {
    console.error(`parapet needs Node ${NODE_NEEDED} or newer; this is Node ${process.versions.node}.`)
    console.error(
      '  In a checkout, `npm ci` brings the right one along; otherwise install it from https://nodejs.org.',
    )
    process.exitCode = 2
  }
}

function installedNode() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'))
    const binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    return existsSync(binary) ? binary : undefined
  } catch (cause) {
    if (cause.code === 'MODULE_NOT_FOUND') return undefined
    throw cause
  }
}

function startWith(node) {
  const env = { ...process.env, [STARTED]: '1' }
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit', env })
  // A terminal sends Ctrl-C to both; a supervisor sends SIGTERM to this one only. Either way the child decides when to end.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (cause) => {
    console.error(`parapet could not start ${node}: ${cause.message}`)
    process.exitCode = 2
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal]
  })
}
