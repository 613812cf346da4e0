import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { inWork } from './supervise.js';
import type { Progress } from './types.js';

interface Jar {
  /** `group:artifact:version`. */
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

interface Lock {
  readonly version: string;
  readonly jars: readonly Jar[];
}

/** Every jar Kafka's broker needs at run time, with its SHA-256: what is downloaded is what was tested. */
export const kafkaLock = JSON.parse(
  readFileSync(new URL('./kafka.lock.json', import.meta.url), 'utf8'),
) as Lock;

const CENTRAL = 'https://repo1.maven.org/maven2';
const AT_ONCE = 6;

const fileOf = ({ name }: Jar): string => `${name.split(':').slice(1).join('-')}.jar`;

function addressOf(jar: Jar): string {
  const [group = '', artifact = '', version = ''] = jar.name.split(':');
  const base = (process.env['NOVATE_MAVEN_REPOSITORY'] ?? CENTRAL).replace(/\/$/, '');
  return `${base}/${group.replaceAll('.', '/')}/${artifact}/${version}/${fileOf(jar)}`;
}

function isIntact(folder: string, jar: Jar): boolean {
  const file = join(folder, fileOf(jar));
  if (!existsSync(file)) return false;
  return createHash('sha256').update(readFileSync(file)).digest('hex') === jar.sha256;
}

/** Writes beside the final name and renames, so that two processes may fill the cache at once. */
async function download(folder: string, jar: Jar, signal?: AbortSignal): Promise<void> {
  const limits = [AbortSignal.timeout(120_000), ...(signal === undefined ? [] : [signal])];
  const response = await fetch(addressOf(jar), { signal: AbortSignal.any(limits) });
  if (!response.ok) throw new Error(`${addressOf(jar)} answered ${response.status}`);
  const body = Buffer.from(await response.arrayBuffer());
  if (createHash('sha256').update(body).digest('hex') !== jar.sha256) {
    throw new Error(`${addressOf(jar)} is not the file of the lock (SHA-256 differs)`);
  }
  const part = join(folder, `${fileOf(jar)}.${process.pid}.part`);
  writeFileSync(part, body);
  renameSync(part, join(folder, fileOf(jar)));
}

async function downloadWithRetries(folder: string, jar: Jar, signal?: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await download(folder, jar, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (tries === 3) {
        throw new Error(`cannot download ${fileOf(jar)}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, tries * 500));
    }
  }
}

async function downloadAll(
  folder: string,
  jars: readonly Jar[],
  signal?: AbortSignal,
): Promise<void> {
  const queue = [...jars];
  const worker = async (): Promise<void> => {
    for (let jar = queue.shift(); jar !== undefined; jar = queue.shift()) {
      await downloadWithRetries(folder, jar, signal);
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Maven knows the proxies and mirrors of the machine it is installed on, which we do not. */
async function throughMaven(
  folder: string,
  jars: readonly Jar[],
  signal?: AbortSignal,
): Promise<void> {
  const dependency = ({ name }: Jar): string => {
    const [group, artifact, version] = name.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>`;
  };
  await inWork('maven', signal, async (work) => {
    const pom = join(work.folder, 'pom.xml');
    writeFileSync(
      pom,
      `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
      <groupId>novate</groupId><artifactId>kafka</artifactId><version>1</version>
      <dependencies>${jars.map(dependency).join('')}</dependencies></project>`,
    );
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${folder}`];
    await work.run({ command: 'mvn', args: ['-q', '-B', '-f', pom, ...goal], env: process.env });
    await work.discard();
  });
}

/**
 * Class path of Kafka's broker. Missing or damaged jars (45 MB in all) come from Maven Central, or from
 * `NOVATE_MAVEN_REPOSITORY`, and are kept under `XDG_CACHE_HOME` (default `~/.cache`).
 */
export async function kafkaClassPath(progress: Progress, signal?: AbortSignal): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'novate', `kafka-${kafkaLock.version}`);
  mkdirSync(folder, { recursive: true });
  const missing = kafkaLock.jars.filter((jar) => !isIntact(folder, jar));
  if (missing.length > 0) {
    const megabytes = Math.ceil(missing.reduce((sum, jar) => sum + jar.bytes, 0) / 1_000_000);
    progress(`kafka: downloading ${missing.length} jars, ${megabytes} MB, into ${folder}`);
    await downloadAll(folder, missing, signal).catch(async (error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      await throughMaven(folder, missing, signal).catch(() => {
        throw new Error(`${why}, and mvn could not either`);
      });
    });
    const damaged = missing.find((jar) => !isIntact(folder, jar));
    if (damaged !== undefined) throw new Error(`${fileOf(damaged)} is not the file of the lock`);
  }
  return kafkaLock.jars.map((jar) => join(folder, fileOf(jar))).join(delimiter);
}
