/** A nats cluster of real servers on loopback, whose nodes are killed and started again on their stores. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '#runtime/log/nats-server/probe.ts'

export interface NatsCluster {
  /** Where clients connect, by node. */
  readonly ports: readonly number[]
  start(node: number): void
  /** SIGKILL. */
  kill(node: number): void
  stop(): void
}

async function portsFor(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = await freePort()
    if (port !== undefined && !ports.includes(port)) ports.push(port)
  }
  return ports
}

/** `syncAlways`: an acknowledgement means written to the disk (nats-server 2.10 and newer). */
export async function natsCluster(
  binary: string,
  dir: string,
  nodes: number,
  syncAlways = false,
): Promise<NatsCluster> {
  const ports = await portsFor(nodes)
  const routes = await portsFor(nodes)
  const running = new Map<number, ChildProcess>()
  const configs = ports.map((port, node) => {
    const home = join(dir, `nats-${node}`)
    mkdirSync(home, { recursive: true })
    const file = join(home, 'nats.conf')
    // Clients are told of no other node: whoever is cut off stays cut off.
    writeFileSync(
      file,
      `server_name: n${node}
listen: "127.0.0.1:${port}"
jetstream { store_dir: ${JSON.stringify(join(home, 'store'))}, max_file_store: 8GB${syncAlways ? ', sync_interval: always' : ''} }
cluster {
  name: stretch
  listen: "127.0.0.1:${routes[node]}"
  no_advertise: true
  routes: [${routes.map((route) => `"nats://127.0.0.1:${route}"`).join(', ')}]
}
log_file: ${JSON.stringify(join(home, 'server.log'))}
`,
    )
    return file
  })
  const cluster: NatsCluster = {
    ports,
    start(node) {
      running.set(node, spawn(binary, ['--config', configs[node]!], { stdio: 'ignore' }))
    },
    kill(node) {
      running.get(node)?.kill('SIGKILL')
      running.delete(node)
    },
    stop() {
      for (const node of Array.from(running.keys())) cluster.kill(node)
    },
  }
  for (let node = 0; node < nodes; node++) cluster.start(node)
  return cluster
}
