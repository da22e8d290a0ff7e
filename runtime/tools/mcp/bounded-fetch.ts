/**
 * `fetch` for a server that may send without end: a body, or one event of a stream, has at most so many bytes. Beyond, the
 * body breaks off, and `onExceeded` hears why: whoever reads a stream may take that for a cut line and wait for more.
 */
const LF = 10
const CR = 13

export function boundedFetch(
  bytesMax: number,
  onExceeded: () => void,
): (url: string | URL, init?: RequestInit) => Promise<Response> {
  return async (url, init) => {
    const response = await fetch(url, init)
    if (!response.body) return response
    return new Response(response.body.pipeThrough(bounded(bytesMax, onExceeded)), response)
  }
}

/** Counts anew after every empty line, where an event ends. JSON on one line never has one. */
function bounded(
  bytesMax: number,
  onExceeded: () => void,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let count = 0
  let lineIsEmpty = false
  return new TransformStream({
    transform(chunk, controller) {
      for (const byte of chunk) {
        count++
        if (byte === LF) {
          if (lineIsEmpty) count = 0
          lineIsEmpty = true
        } else if (byte !== CR) lineIsEmpty = false
        if (count <= bytesMax) continue
        controller.error(new Error(`a message of over ${bytesMax} bytes`))
        return onExceeded()
      }
      controller.enqueue(chunk)
    },
  })
}
