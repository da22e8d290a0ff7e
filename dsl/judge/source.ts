/**
 * Source text being put together for `new Function`. No text of a policy or a step gets in but as a JSON literal;
 * everything else is referred to as a constant by its number.
 */

export class Source {
  readonly constants: unknown[] = []
  readonly #functions: string[] = []
  #names = 0

  constant(value: unknown): string {
    let index = this.constants.indexOf(value)
    if (index < 0) index = this.constants.push(value) - 1
    return `k${index}`
  }

  name(prefix: string): string {
    return `${prefix}${this.#names++}`
  }

  /** A function of its own; returns its name. */
  define(params: readonly string[], frame: Frame, body: string): string {
    const name = this.name('h')
    this.#functions.push(`function ${name}(${params.join(', ')}) {\n${frame.temps()}${body}\n}`)
    return name
  }

  /** The whole text: constants and operations by name, the functions, and what to return. */
  text(operations: readonly string[], result: string): string {
    const constants = this.constants.map((_, i) => `const k${i} = K[${i}]`).join('\n')
    return `'use strict'\nconst { ${operations.join(', ')} } = L\n${constants}\n${this.#functions.join('\n')}\nreturn ${result}`
  }
}

/** One function's names: its temporaries and what its expressions may read. */
export class Frame {
  readonly source: Source
  /** Names in scope that inner functions take as parameters. */
  readonly params: readonly string[]
  /** What `field` paths start at; `s` is the step. */
  readonly fields: string
  readonly variables: ReadonlyMap<string, { readonly code: string; readonly cooked: boolean }>
  /** Fields read once for all checks: the name that holds each, by `readKey`. */
  readonly reads: ReadonlyMap<string, string>
  readonly #temps: string[] = []

  constructor(
    source: Source,
    params: readonly string[],
    fields: string,
    reads: Frame['reads'] = new Map(),
    variables: Frame['variables'] = new Map(),
  ) {
    this.reads = reads
    this.source = source
    this.params = params
    this.fields = fields
    this.variables = variables
  }

  temp(): string {
    const name = this.source.name('t')
    this.#temps.push(name)
    return name
  }

  temps(): string {
    return this.#temps.length === 0 ? '' : `let ${this.#temps.join(', ')}\n`
  }
}

export function quote(value: string | number | boolean): string {
  return JSON.stringify(value)
}
