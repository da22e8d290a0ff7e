/** One JSON request with a deadline and a bounded answer; what goes wrong is thrown with the server's own words. */

export interface PostOptions {
  readonly timeoutMs: number
  readonly apiKey?: string
  readonly signal?: AbortSignal
}

const ANSWER_BYTES_MAX = 16_000_000
const WORDS_MAX = 300

export async function postJson(url: string, body: unknown, options: PostOptions): Promise<unknown> {
  const { timeoutMs, apiKey, signal } = options
  const late = AbortSignal.timeout(timeoutMs)
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    },
    body: JSON.stringify(body),
    signal: signal === undefined ? late : AbortSignal.any([late, signal]),
  })
  const text = await bounded(response)
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, WORDS_MAX)}`)
  return JSON.parse(text)
}

async function bounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.length
    if (size > ANSWER_BYTES_MAX) throw new Error(`the answer takes over ${ANSWER_BYTES_MAX} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}
