import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROOMS = ['apps', 'contracts', 'libs', 'infra', 'test'];

interface Source {
  readonly path: string;
  readonly text: string;
  /** Without comments, so that prose may name what code may not. */
  readonly code: string;
  readonly isSpec: boolean;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[\s;{}(,])\/\/.*$/gm, '$1');
}

const sources: readonly Source[] = ROOMS.flatMap((room) =>
  readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/(^|\/)(generated|node_modules|dist)\//.test(name))
    .map((name) => {
      const path = `${room}/${name}`;
      const text = readFileSync(join(ROOT, path), 'utf8');
      const isSpec = /(\.(spec|contract)\.ts$|\/testing\/|^test\/)/.test(path);
      return { path, text, code: withoutComments(text), isSpec };
    }),
);

/** `path:line` of each match, so that a failure can be clicked. */
function matches(from: readonly Source[], pattern: RegExp): string[] {
  return from.flatMap(({ path, code }) =>
    code.split('\n').flatMap((line) => (pattern.test(line) ? [`${path}: ${line.trim()}`] : [])),
  );
}

function imports({ code }: Source): string[] {
  const found = code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g);
  return [...found].map((match) => match[1] ?? '');
}

/** Imports that leave `room`, `path -> specifier`, unless allowed. */
function forbidden(room: string, allowed: (specifier: string, path: string) => boolean): string[] {
  return sources
    .filter(({ path, isSpec }) => path.startsWith(room) && !isSpec)
    .flatMap((source) =>
      imports(source)
        .filter((specifier) => !allowed(specifier, source.path))
        .map((specifier) => `${source.path} -> ${specifier}`),
    );
}

/** Relative imports stay inside the library: enough `..` to leave `libs/<name>/src` is a way around its door. */
function staysInside(specifier: string, path: string): boolean {
  const depth = path.split('/').length - 4;
  return (specifier.match(/\.\.\//g) ?? []).length <= depth;
}

const isLib = ({ path, isSpec }: Source): boolean => path.startsWith('libs/') && !isSpec;
const pure = sources.filter((source) => isLib(source) && !/\/adapters\//.test(source.path));

describe('import directions', () => {
  it('lets the test see the code', () => {
    expect(sources.length).toBeGreaterThan(10);
    expect(imports({ path: '', text: '', isSpec: false, code: "import a from 'x';" })).toEqual([
      'x',
    ]);
  });

  it.each([
    ['libs/events/', []],
    ['libs/ledger/', ['#events']],
    ['libs/risk/', []],
  ])('%s imports no library but %j', (room, libraries: readonly string[]) => {
    const found = forbidden(room, (specifier, path) =>
      specifier.startsWith('.')
        ? staysInside(specifier, path)
        : !specifier.startsWith('#') || libraries.includes(specifier),
    );
    expect(found).toEqual([]);
  });

  it('keeps applications apart and out of the inside of libraries', () => {
    const found = forbidden('apps/', (specifier, path) => {
      const own = path.split('/')[1] ?? '';
      const other = /\/(?:apps\/)?(clearing|settlement|cli)\/src\//.exec(specifier)?.[1];
      const crosses = other !== undefined && other !== own && own !== 'cli';
      return !crosses && !/\/libs\//.test(specifier);
    });
    expect(found).toEqual([]);
  });

  it('keeps Nest and drivers out of libraries, but for their adapters', () => {
    const driver =
      /^(@nestjs\/|@eventstore\/|@grpc\/|@prisma\/|pg$|pg-|kafkajs|express|(node:)?(http|https|net)$)/;
    const found = pure.flatMap((source) =>
      imports(source)
        .filter((specifier) => driver.test(specifier))
        .map((specifier) => `${source.path} -> ${specifier}`),
    );
    expect(found).toEqual([]);
  });
});

describe('purity of libraries', () => {
  it.each([
    ['the clock', /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bhrtime\b/],
    ['randomness', /\bMath\.random\b|\brandom(UUID|Bytes|Int)\b|\bgetRandomValues\b/],
    ['the environment', /\bprocess\.env\b/],
    ['the console', /\bconsole\./],
  ])('keeps %s in adapters', (_what, pattern) => {
    expect(matches(pure, pattern)).toEqual([]);
  });
});

describe('tidiness', () => {
  it('keeps a file within 400 lines, a spec within 600', () => {
    const long = sources
      .map(({ path, text, isSpec }) => ({ path, lines: text.split('\n').length - 1, isSpec }))
      .filter(({ lines, isSpec }) => lines > (isSpec ? 600 : 400))
      .map(({ path, lines }) => `${path}: ${lines} lines`);
    expect(long).toEqual([]);
  });

  it('leaves no open marks and no any', () => {
    // Brackets, so that this line is not itself a mark.
    const marks = /\b(T[O]DO|F[I]XME|X[X]X)\b/;
    const marked = sources.filter(({ text }) => marks.test(text)).map(({ path }) => path);
    expect(marked).toEqual([]);
    expect(matches(sources, /(:|\bas|<)\s*any\b|@ts-(ignore|nocheck)/)).toEqual([]);
  });

  it('focuses no test', () => {
    const specs = sources.filter(({ isSpec }) => isSpec);
    expect(matches(specs, /\b(it|test|describe)\.only\b/)).toEqual([]);
  });
});
