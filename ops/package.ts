/**
 * Makes the package that others install: `npm run package`, then `npm pack ./dist`.
 *
 * Node strips no types of what lies in node_modules, so the package holds JavaScript: the sources with blanks in place of their
 * types, line for line, beside declarations for TypeScript. What is shipped is what the entry points of `tsconfig.package.json`
 * reach.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const ROOMS = ['dsl', 'runtime', 'agents']
/** Beside the sources: what is read at run time, and what is read by people. */
const ALONG = ['policies', 'docs', 'README.md', 'LICENSE', 'runtime/evidence/injection-model.json']
const NOT_ALONG = /\.test\.ts$/
const IMPORTED = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"\n]+)\.ts\2/g
/** Files that are started, not imported. */
const STARTED = /['"`](?:\.\/)?([\w-]+)\$\{extname\(import\.meta\.url\)\}/g

export function buildPackage(into: string): void {
  rmSync(into, { recursive: true, force: true })
  declare(into)
  for (const declared of filesIn(into)) strip(declared.replace(/\.d\.ts$/, '.ts'), into)
  for (const name of ALONG)
    cpSync(join(ROOT, name), join(into, name), {
      recursive: true,
      filter: (source) => !NOT_ALONG.test(source),
    })
  write(into, 'bin/parapet.js', importsOfScript(readFileSync(join(ROOT, 'bin/parapet.js'), 'utf8')))
  write(into, 'package.json', `${JSON.stringify(manifest(), null, 2)}\n`)
}

function declare(into: string): void {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  const { status, stdout } = spawnSync(
    process.execPath,
    [compiler, '--project', join(ROOT, 'tsconfig.package.json'), '--outDir', into],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`the declarations cannot be made:\n${stdout}`)
}

function strip(file: string, into: string): void {
  const source = readFileSync(join(ROOT, file), 'utf8')
  for (const [, name] of source.matchAll(STARTED)) {
    const started = join(dirname(file), `${name}.d.ts`)
    if (!existsSync(join(into, started)))
      throw new Error(`${file} starts ${name}.ts: name it in tsconfig.package.json`)
  }
  write(into, file.replace(/\.ts$/, '.js'), importsOfScript(stripTypeScriptTypes(source)))
}

const importsOfScript = (source: string) => source.replaceAll(IMPORTED, '$1$2$3.js$2')

function manifest() {
  const {
    private: _,
    scripts,
    allowScripts,
    devDependencies,
    ...kept
  } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const entry = (source: string) => ({
    types: source.replace(/\.ts$/, '.d.ts'),
    default: source.replace(/\.ts$/, '.js'),
  })
  return {
    ...kept,
    imports: Object.fromEntries(ROOMS.map((room) => [`#${room}/*.ts`, entry(`./${room}/*.ts`)])),
    exports: Object.fromEntries(
      Object.entries<string>(kept.exports).map(([name, source]) => [name, entry(source)]),
    ),
    // For `parapet/testing` alone.
    peerDependencies: { vitest: `^${devDependencies.vitest}` },
    peerDependenciesMeta: { vitest: { optional: true } },
  }
}

function write(into: string, name: string, text: string): void {
  const file = join(into, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}

if (import.meta.main) {
  const into = resolve(process.argv[2] ?? join(ROOT, 'dist'))
  buildPackage(into)
  console.log(
    // With a dot: npm takes a bare word for a package of the registry.
    `The package is in ${into}. \`npm pack ./${relative(process.cwd(), into)}\` makes one file of it.`,
  )
}
