/** Starts `parapet lsp` for policy files, and stops it with the window. */
const { commands, window, workspace } = require('vscode')
const { LanguageClient, TransportKind } = require('vscode-languageclient/node')
const { findServer } = require('./find-server.cjs')

/** @type {import('vscode-languageclient/node').LanguageClient | undefined} */
let client

async function activate(context) {
  context.subscriptions.push(
    commands.registerCommand('parapet.restartServer', restart),
    workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('parapet.server.command')) return restart()
    }),
    workspace.onDidGrantWorkspaceTrust(restart),
  )
  await start()
}

async function start() {
  const { command, args } = findServer({
    configured: workspace.getConfiguration('parapet').get('server.command', []),
    folders: (workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath),
    isTrusted: workspace.isTrusted,
  })
  // On Windows a `.cmd` is started by the shell only.
  const options = command.endsWith('.cmd') ? { shell: true } : {}
  client = new LanguageClient(
    'parapet',
    'Parapet',
    { command, args, options, transport: TransportKind.stdio },
    { documentSelector: [{ language: 'parapet' }] },
  )
  try {
    await client.start()
  } catch (cause) {
    window.showErrorMessage(
      `Parapet’s language server (\`${command}\`) did not start: ${cause.message}. Install Parapet in this folder, or say how to start it in the setting \`parapet.server.command\`.`,
    )
  }
}

async function restart() {
  await deactivate()
  await start()
}

async function deactivate() {
  const running = client
  client = undefined
  if (running?.needsStop()) await running.stop()
}

module.exports = { activate, deactivate }
