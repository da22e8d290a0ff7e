export interface Server {
  readonly command: string
  readonly args: readonly string[]
}

export function findServer(options: {
  readonly configured: readonly string[]
  readonly folders: readonly string[]
  readonly isTrusted: boolean
  readonly platform?: string
}): Server
