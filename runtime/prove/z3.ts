/**
 * The solver: Z3, compiled to WebAssembly, in this thread. It is an optional dependency of 35 MB, loaded only where something
 * is proved; without it what needs a solver is unknown.
 */
import type { Solver } from '#dsl/prove/logic/solver.ts'

export type LoadedSolver =
  | { readonly kind: 'solver'; readonly solver: Solver }
  | { readonly kind: 'missing'; readonly why: string }

let loaded: Promise<LoadedSolver> | undefined

/** Once for each process: compiling takes a quarter of a second. */
export function loadSolver(): Promise<LoadedSolver> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<LoadedSolver> {
  let z3: typeof import('z3-solver')
  try {
    z3 = await import('z3-solver')
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    return { kind: 'missing', why: 'the package `z3-solver` is not installed' }
  }
  const { Z3, em } = await z3.init()
  return {
    kind: 'solver',
    solver: {
      run(commands) {
        const config = Z3.mk_config()
        const context = Z3.mk_context(config)
        Z3.del_config(config)
        try {
          // The package's own wrapper of it starts a thread, which keeps the process alive; there is nothing to wait for here.
          return String(
            em.ccall('Z3_eval_smtlib2_string', 'string', ['number', 'string'], [context, commands]),
          )
        } finally {
          Z3.del_context(context)
        }
      },
    },
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND'
}
