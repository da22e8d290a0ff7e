/** Which `parapet` is started: as configured, the open folder's own, else the one on the PATH. */
const { existsSync } = require('node:fs')
const { join } = require('node:path')

const LSP = ['lsp', '--stdio']

/**
 * @param {{ configured: readonly string[], folders: readonly string[], isTrusted: boolean, platform?: string }} options
 *   `folders`: paths of the open folders. What they hold is started only if they are trusted.
 * @returns {{ command: string, args: string[] }}
 */
function findServer({ configured, folders, isTrusted, platform = process.platform }) {
  const [command, ...args] = configured
  if (command !== undefined && isTrusted) return { command, args }
  const installed = platform === 'win32' ? 'node_modules/.bin/parapet.cmd' : 'node_modules/.bin/parapet'
  for (const folder of isTrusted ? folders : []) {
    const own = join(folder, installed)
    if (existsSync(own)) return { command: own, args: LSP }
    // A checkout of Parapet itself.
    const launcher = join(folder, 'bin/parapet.js')
    if (existsSync(launcher)) return { command: 'node', args: [launcher, ...LSP] }
  }
  return { command: platform === 'win32' ? 'parapet.cmd' : 'parapet', args: LSP }
}

module.exports = { findServer }
