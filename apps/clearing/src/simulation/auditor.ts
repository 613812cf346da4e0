import { createHash } from 'node:crypto';
import { balancesOf } from './auditor-money.js';
import type { AcceptedInput } from './auditor-money.js';

/**
 * The auditor knows what was sent and what was answered, and nothing of how the house decides: it imports neither engine
 * nor ledger. From the bytes of the messages it works out, slowly and plainly, what must have become of each, and holds
 * that against what the house has stored, published and projected.
 */

/** A stored batch, as the format describes it. */
export interface StoredBatch {
  readonly seq: number;
  readonly firstPosition: number;
  readonly count: number;
  readonly header: string;
  readonly prevHash: string;
  readonly hash: string;
  readonly payload: Uint8Array;
}

export interface StoredFact {
  readonly id: string;
  readonly type: string;
  readonly position: number;
  readonly data: unknown;
}

export interface Letter {
  readonly topic: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array | string;
}

/** What a house says of itself: quantities `account|instrument`, amounts `asset|book`; zeros may be left out. */
export interface Balances {
  readonly positions: ReadonlyMap<string, bigint>;
  readonly books: ReadonlyMap<string, bigint>;
}

export interface Evidence extends Balances {
  readonly facts: readonly StoredFact[];
  readonly openWindow: number;
  readonly projected: Balances & { readonly trades: number; readonly rejected: number };
}

interface Delivery {
  /** `topic/partition/offset`, or undefined over HTTP. */
  readonly place: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array;
  readonly topic: string;
}

const LIMIT = 1_048_576;
const ACCOUNTS = new Set(['M1-H', 'M2-H', 'M3-H']);
const ACCEPTING = new Set([
  'TradeNovated',
  'DepositRecorded',
  'MarkRecorded',
  'FundingRateRecorded',
  'WindowClosed',
]);

export class Auditor {
  readonly findings: string[] = [];
  private readonly deliveries: Delivery[] = [];
  private readonly letters: Letter[] = [];
  private readonly promised = new Map<number, string>();
  private chain = { seq: 0, position: 0, hash: '0'.repeat(64) };

  /** @param custodyKey with which deposits have to be signed */
  constructor(private readonly custodyKey: string) {}

  private find(what: string): void {
    if (this.findings.length < 20) this.findings.push(what);
  }

  // ---------------------------------------------------------------- while it runs

  sent(topic: string, headers: Delivery['headers'], value: Uint8Array, place?: string): void {
    this.deliveries.push({ place, headers, value, topic });
  }

  /** Somebody was told that an event stands at a position. From then on it must. */
  promise(position: number, id: string): void {
    const before = this.promised.get(position);
    if (before !== undefined && before !== id) {
      this.find(`position ${position} was promised to ${before} and to ${id}`);
    }
    this.promised.set(position, id);
  }

  published(letter: Letter): void {
    this.letters.push(letter);
    if (letter.topic !== 'novate.acks.v1') return;
    const { position } = JSON.parse(String(letter.value)) as { position: number };
    this.promise(position, letter.headers['ce_id'] ?? '');
  }

  /** A batch is durable: it has to follow the one before it, by number, position and hash. */
  stored(batch: StoredBatch): void {
    const { seq, firstPosition, count, header, prevHash, hash, payload } = batch;
    const { chain } = this;
    if (seq !== chain.seq) this.find(`batch ${seq} follows batch ${chain.seq - 1}`);
    if (firstPosition !== chain.position) this.find(`batch ${seq} begins at ${firstPosition}`);
    if (prevHash !== chain.hash) this.find(`batch ${seq} does not continue the chain`);
    if (chained(prevHash, header, payload) !== hash) this.find(`batch ${seq} has another hash`);
    this.chain = { seq: seq + 1, position: firstPosition + count, hash };
  }

  /** A house at any moment: nobody owns what another does not owe. */
  sums({ positions, books }: Balances, when: string): void {
    for (const [what, of] of [
      ['positions', positions],
      ['books', books],
    ] as const) {
      const sums = new Map<string, bigint>();
      for (const [key, amount] of of) {
        const group = what === 'positions' ? key.split('|')[1]! : key.split('|')[0]!;
        sums.set(group, (sums.get(group) ?? 0n) + amount);
      }
      for (const [group, sum] of sums) {
        if (sum !== 0n) this.find(`${what} of ${group} sum to ${sum} ${when}`);
      }
    }
  }

  // ---------------------------------------------------------------- at the end

  close(evidence: Evidence, windows: number): void {
    const { accepted, answers, late, disordered } = this.verdicts();
    this.facts(evidence.facts);
    this.answers(evidence.facts, answers, late, disordered);
    this.letterbox(evidence.facts);
    const ours = balancesOf(accepted, windows);
    for (const [who, theirs] of [
      ['the engine', evidence],
      ['the read model', evidence.projected],
    ] as const) {
      this.compare(`positions of ${who}`, ours.positions, theirs.positions);
      this.compare(`books of ${who}`, ours.books, theirs.books);
      this.sums(theirs, `in ${who}`);
    }
    const { trades, rejected } = evidence.projected;
    const refusals = evidence.facts.filter(({ type }) => type === 'InputRejected').length;
    const novated = accepted.filter(({ topic }) => topic === 'trades').length;
    if (trades !== novated) this.find(`the read model has ${trades} trades of ${novated}`);
    if (rejected !== refusals) this.find(`the read model has ${rejected} rejects of ${refusals}`);
    if (evidence.openWindow !== windows + 1) this.find(`window ${evidence.openWindow} is open`);
  }

  /** What must have become of every message, from its bytes and its place alone. */
  private verdicts() {
    const taken = new Map<string, { readonly good: boolean; readonly delivery: Delivery }>();
    const answers = new Map<string, number>();
    /** Answers there may be: a client that heard nothing asks again. */
    const late = new Set<string>();
    const disordered = new Set<string>();
    const accepted: AcceptedInput[] = [];
    const last = new Map<string, number>();
    const expect = (answer: string): void => {
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    };
    for (const delivery of this.deliveries) {
      const { headers, place } = delivery;
      const stream = streamOf(delivery);
      if (stream === undefined || this.forged(delivery)) {
        expect(`rejected ${place}`);
        continue;
      }
      const sequence = Number(headers['ce_sequence']);
      if (sequence > (last.get(stream) ?? 0) + 1) disordered.add(stream);
      last.set(stream, Math.max(sequence, last.get(stream) ?? 0));
      const key = `${stream} ${sequence}`;
      const first = taken.get(key);
      if (first) {
        if (place === undefined) late.add(`duplicate ${key}`);
        else expect(this.repeated(key, first, delivery));
        continue;
      }
      const body = readable(delivery);
      taken.set(key, { good: body !== undefined, delivery });
      if (body === undefined) {
        expect(`rejected ${place}`);
        continue;
      }
      expect(`accepted ${key}`);
      const topic = stream.split('|')[1]!;
      accepted.push({ topic, window: Number(headers['ce_window']), sequence, body });
    }
    return { accepted, answers, late, disordered };
  }

  /** A sequence number that was taken: known again where it is the same, refused where a trade or deposit differs. */
  private repeated(
    key: string,
    first: { readonly good: boolean; readonly delivery: Delivery },
    delivery: Delivery,
  ): string {
    const rejected = `rejected ${delivery.place}`;
    const duplicate = `duplicate ${key}`;
    if (readable(delivery, false) === undefined) return rejected;
    const named = /\|(trades|deposits)\|/.test(key);
    if (!named) return duplicate;
    const same = Buffer.compare(first.delivery.value, delivery.value) === 0;
    if (!first.good || !same) return rejected;
    // A trade's id is remembered for a while only; a late copy of it may find its number taken and nothing more.
    return key.includes('|trades|') ? `${duplicate} or ${rejected}` : duplicate;
  }

  private forged({ topic, headers, value }: Delivery): boolean {
    if (!topic.includes('deposits')) return false;
    const names = ['ce_source', 'ce_type', 'ce_subject', 'ce_sequence', 'ce_window'];
    const lines = [topic, ...names.map((name) => headers[name] ?? ''), ''].join('\n');
    const inner = hmac(this.custodyKey, Buffer.concat([Buffer.from(lines), value]));
    return inner !== headers['novate-signature'];
  }

  private facts(facts: readonly StoredFact[]): void {
    const ids = new Set<string>();
    facts.forEach(({ id, position }, index) => {
      if (position !== index) this.find(`fact ${index} stands at position ${position}`);
      if (ids.has(id)) this.find(`event ${id} is there twice`);
      ids.add(id);
    });
    if (facts.length !== this.chain.position) {
      this.find(`${this.chain.position} facts were stored, ${facts.length} are read`);
    }
    for (const [position, id] of this.promised) {
      if (facts[position]?.id !== id) this.find(`acknowledged and lost: ${id} at ${position}`);
    }
  }

  /** Every message got its one answer, and nobody else did. */
  private answers(
    facts: readonly StoredFact[],
    expected: ReadonlyMap<string, number>,
    late: ReadonlySet<string>,
    disordered: ReadonlySet<string>,
  ): void {
    const left = new Map(expected);
    const gaps = new Set<string>();
    for (const fact of facts) {
      const answer = answerOf(fact);
      if (answer === undefined) continue;
      if (answer.startsWith('waiting ')) {
        if (gaps.has(answer)) this.find(`told twice: ${answer}`);
        gaps.add(answer);
        if (!disordered.has(answer.split(' ')[1]!)) this.find(`there is no gap: ${answer}`);
        continue;
      }
      const [either, count] =
        [...left].find(([key, open]) => open > 0 && key.split(' or ').includes(answer)) ?? [];
      if (either !== undefined && count !== undefined) left.set(either, count - 1);
      else if (!late.has(answer)) this.find(`nobody waits for: ${answer}`);
    }
    for (const [answer, missing] of left) if (missing > 0) this.find(`missing: ${answer}`);
  }

  /** Every answer is published, every refused message is a dead letter with its own bytes. */
  private letterbox(facts: readonly StoredFact[]): void {
    const acks = new Set<string>();
    const dead = new Map<string, Letter>();
    for (const letter of this.letters) {
      const { headers, topic } = letter;
      if (topic === 'novate.acks.v1') acks.add(headers['ce_id'] ?? '');
      else dead.set(headers['x-event-id'] ?? '', letter);
    }
    for (const fact of facts) {
      if (answerOf(fact) === undefined) continue;
      if (!acks.delete(fact.id)) this.find(`no ack of ${fact.type} at ${fact.position}`);
      if (fact.type !== 'InputRejected') continue;
      const letter = dead.get(fact.id);
      dead.delete(fact.id);
      const { source } = fact.data as {
        source: { topic: string; partition: number; offset: string };
      };
      const place = `${source.topic}/${source.partition}/${source.offset}`;
      const sent = this.deliveries.find((delivery) => delivery.place === place);
      if (!letter || !sent) this.find(`no dead letter of ${place}`);
      else if (!Buffer.from(sent.value).includes(Buffer.from(letter.value))) {
        this.find(`the dead letter of ${place} has other bytes`);
      } else if (letter.headers['x-value-bytes'] !== String(sent.value.byteLength)) {
        this.find(`the dead letter of ${place} has another size`);
      }
    }
    for (const id of [...acks, ...dead.keys()])
      this.find(`published and not in the journal: ${id}`);
  }

  private compare(what: string, ours: Balances['books'], theirs: Balances['books']): void {
    for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
      const [our, their] = [ours.get(key) ?? 0n, theirs.get(key) ?? 0n];
      if (our !== their) this.find(`${what}: ${key} is ${their}, must be ${our}`);
    }
  }
}

function chained(prevHash: string, header: string, payload: Uint8Array): string {
  const hash = createHash('sha256');
  const parts = [Buffer.from('novate/batch/1'), Buffer.from(prevHash, 'hex'), Buffer.from(header)];
  for (const part of [...parts, payload]) {
    const length = Buffer.alloc(8);
    length.writeUInt32BE(part.byteLength, 4);
    hash.update(length).update(part);
  }
  return hash.digest('hex');
}

/** RFC 2104 by hand, for keys below 64 bytes. */
function hmac(key: string, message: Uint8Array): string {
  const block = Buffer.alloc(64);
  block.write(key);
  const pad = (byte: number): Buffer => Buffer.from(block.map((b) => b ^ byte));
  const inner = createHash('sha256').update(pad(0x36)).update(message).digest();
  return createHash('sha256').update(pad(0x5c)).update(inner).digest('hex');
}

function streamOf({ topic, headers }: Delivery): string | undefined {
  const { ce_source: source, ce_subject: subject, ce_sequence: sequence } = headers;
  if (source === undefined || subject === undefined || sequence === undefined) return undefined;
  return `${source}|${topic.split('.')[1]}|${subject}`;
}

/** The message's body where the house has to accept it. */
function readable({ value }: Delivery, checkAccounts = true): Record<string, unknown> | undefined {
  if (value.byteLength > LIMIT) return undefined;
  try {
    const body = JSON.parse(Buffer.from(value).toString('utf8')) as Record<string, unknown>;
    const accounts = ['buyer', 'seller'].map((side) => body[side]).filter((a) => a !== undefined);
    const known = accounts.every((account) => ACCOUNTS.has(String(account)));
    return known || !checkAccounts ? body : undefined;
  } catch {
    return undefined;
  }
}

/** The answer a fact gives, in the auditor's own words. */
function answerOf({ type, data }: StoredFact): string | undefined {
  const { stream, sequence, source, expected } = data as {
    stream?: { venue: string; topic: string; key: string };
    sequence?: number;
    expected?: number;
    source?: { topic: string; partition?: number; offset?: string };
  };
  const name = stream && `${stream.venue}|${stream.topic}|${stream.key}`;
  if (ACCEPTING.has(type)) return `accepted ${name} ${sequence}`;
  if (type === 'InputDuplicated') return `duplicate ${name} ${sequence}`;
  if (type === 'GapDetected') return `waiting ${name} ${expected}`;
  if (type !== 'InputRejected') return undefined;
  return `rejected ${source?.topic}/${source?.partition}/${source?.offset}`;
}
