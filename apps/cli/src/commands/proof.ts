import { randomBytes } from 'node:crypto';
import {
  canonicalLine,
  formatSigningKey,
  formatVerifierKey,
  openCheckpoint,
  parseVerifierKey,
  ProofRefused,
  type ProofStore,
  signingKey,
  verifyConsistency,
  verifyInclusion,
} from '#events';
import {
  checkpointAnswer,
  type CheckpointAnswer,
  consistencyAnswer,
  inclusionAnswer,
} from '../../../clearing/src/proofs/answers.js';
import { logPlace, withLog } from '../journal.js';
import { CliError, ExitCode } from '../terminal/exit.js';

interface Output {
  readonly json?: boolean;
}

/** `novate checkpoint`: the latest signed checkpoint, or the one of a size, its signature checked. */
export async function runCheckpoint(
  options: { readonly size?: number; readonly newKey?: string } & Output,
): Promise<number> {
  if (options.newKey !== undefined) return newKey(options.newKey);
  return proved(async (store) => {
    const checkpoint = await checkpointAnswer(store, options.size);
    hold(checkpoint);
    const text = `${checkpoint.note}\nsigned by ${checkpoint.key}\n`;
    return [checkpoint, text];
  }, options);
}

/** Draws a key; its private line goes to stdout, for a secret store, the public one to stderr. */
function newKey(name: string): number {
  const seed = randomBytes(32).toString('hex');
  const { verifier } = signingKey(name, seed);
  process.stderr.write(`public key, for those who verify: ${formatVerifierKey(verifier)}\n`);
  process.stdout.write(`${formatSigningKey(name, seed)}\n`);
  return ExitCode.ok;
}

/** `novate proof inclusion`: with the event's line, so that a verifier needs nothing else. Checked before it is printed. */
export function runInclusion(
  options: { readonly position: number; readonly size?: number } & Output,
): Promise<number> {
  const { position, size } = options;
  return proved(async (store, lineAt) => {
    const answer = await inclusionAnswer(store, position, size);
    const proof = { position, size: answer.size, path: answer.path.map(bytes) };
    verifyInclusion(proof, bytes(answer.leaf), bytes(answer.root));
    if (answer.checkpoint) hold(answer.checkpoint);
    const line = await lineAt(position);
    const text = [
      `event      ${line}`,
      `leaf       ${answer.leaf}`,
      ...answer.path.map((hash, i) => `path ${String(i + 1).padEnd(5)} ${hash}`),
      `root       ${answer.root} of ${answer.size} events`,
      signed(answer.checkpoint),
    ];
    return [{ ...answer, line }, `${text.join('\n')}\n`];
  }, options);
}

/** `novate proof consistency`: that the log of one size is the beginning of the log of another. */
export function runConsistency(
  options: { readonly from: number; readonly to: number } & Output,
): Promise<number> {
  const { from, to } = options;
  return proved(async (store) => {
    const answer = await consistencyAnswer(store, from, to);
    const { fromCheckpoint, toCheckpoint } = answer;
    for (const each of [fromCheckpoint, toCheckpoint]) if (each) hold(each);
    const proof = { from, to, path: answer.path.map(bytes) };
    // Against what was signed, where it was: that is what others hold.
    const roots = [fromCheckpoint?.root ?? answer.fromRoot, toCheckpoint?.root ?? answer.toRoot];
    verifyConsistency(proof, bytes(roots[0]!), bytes(roots[1]!));
    const text = [
      `root       ${answer.fromRoot} of ${from} events`,
      ...answer.path.map((hash, i) => `proof ${String(i + 1).padEnd(4)} ${hash}`),
      `root       ${answer.toRoot} of ${to} events`,
      ...[fromCheckpoint, toCheckpoint].map(signed),
    ];
    return [answer, `${text.join('\n')}\n`];
  }, options);
}

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

function hold({ note, key }: CheckpointAnswer): void {
  openCheckpoint(note, [parseVerifierKey(key)]);
}

const signed = (checkpoint: CheckpointAnswer | undefined): string =>
  checkpoint === undefined
    ? 'unsigned   no checkpoint has this size'
    : `signed     checkpoint of size ${checkpoint.size}, by ${checkpoint.key}`;

type Answer = (
  store: ProofStore,
  lineAt: (position: number) => Promise<string>,
) => Promise<readonly [object, string]>;

async function proved(answer: Answer, { json }: Output): Promise<number> {
  return withLog(logPlace(), async (journal, store) => {
    const lineAt = async (position: number): Promise<string> => {
      for await (const { events, recorded = events, header } of journal.read(position, position)) {
        const event = recorded[position - header.firstPosition];
        if (event !== undefined) return canonicalLine(event);
      }
      throw new ProofRefused(`position ${position}`, 'is not in the journal');
    };
    try {
      const [result, text] = await answer(store, lineAt);
      process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : text);
      return ExitCode.ok;
    } catch (error) {
      if (!(error instanceof ProofRefused)) throw error;
      throw new CliError(
        error.message,
        ExitCode.checkFailed,
        'novate checkpoint says how far the log is proved.',
      );
    }
  });
}
