/**
 * Positions of the events written last, by id: at least the last `horizon` of them, at most twice as many. Two tables
 * take turns, so that forgetting costs nothing per event. They hold the 128 bits of an id as numbers: no text is kept,
 * nothing is left to collect. An id that is not written as RFC 9562 writes a UUID, in lower case, is never known.
 */
export class RecentIds {
  private young: IdTable;
  private old: IdTable;
  private readonly words = new Int32Array(4);

  /** @param horizon 0 remembers nothing */
  constructor(private readonly horizon: number) {
    this.young = new IdTable(horizon);
    this.old = new IdTable(horizon);
  }

  position(id: string): number | undefined {
    return this.horizon > 0 && readWords(id, this.words) ? this.find() : undefined;
  }

  add(id: string, position: number): void {
    if (this.horizon > 0 && readWords(id, this.words)) this.put(position);
  }

  /** The position of a known id; of a new one undefined, and from now on it is at `position`. */
  positionOrAdd(id: string, position: number): number | undefined {
    if (this.horizon === 0 || !readWords(id, this.words)) return undefined;
    const known = this.find();
    if (known === undefined) this.put(position);
    return known;
  }

  private find(): number | undefined {
    return this.young.get(this.words) ?? this.old.get(this.words);
  }

  private put(position: number): void {
    this.young.set(this.words, position);
    if (this.young.size < this.horizon) return;
    [this.young, this.old] = [this.old, this.young];
    this.young.clear();
  }
}

/** Numbers of a slot: four of the id, two of its position (plus one, 0: free), two to make it half a cache line. */
const SLOT = 8;
const LOW = 2 ** 31;

/** Open addressing with linear probing, at most half full. Ids are hashes already: their first bits are the place. */
class IdTable {
  size = 0;
  private readonly mask: number;
  private readonly slots: Int32Array;

  constructor(capacity: number) {
    let slots = 2;
    while (slots < 2 * capacity) slots *= 2;
    this.mask = slots - 1;
    this.slots = new Int32Array(SLOT * slots);
  }

  get(id: Int32Array): number | undefined {
    const at = this.slotOf(id);
    const position = this.slots[at + 4]! + this.slots[at + 5]! * LOW - 1;
    return position < 0 ? undefined : position;
  }

  set(id: Int32Array, position: number): void {
    const { slots } = this;
    const at = this.slotOf(id);
    const marked = position + 1;
    if (slots[at + 4] === 0 && slots[at + 5] === 0) this.size += 1;
    for (let i = 0; i < 4; i += 1) slots[at + i] = id[i]!;
    slots[at + 4] = marked % LOW;
    slots[at + 5] = Math.floor(marked / LOW);
  }

  clear(): void {
    this.slots.fill(0);
    this.size = 0;
  }

  /** Where the id is, or the free slot where it would be. */
  private slotOf(id: Int32Array): number {
    const { mask, slots } = this;
    const [a, b, c, d] = [id[0]!, id[1]!, id[2]!, id[3]!];
    for (let slot = a & mask; ; slot = (slot + 1) & mask) {
      const at = SLOT * slot;
      if (slots[at + 4] === 0 && slots[at + 5] === 0) return at;
      if (slots[at] === a && slots[at + 1] === b && slots[at + 2] === c && slots[at + 3] === d) {
        return at;
      }
    }
  }
}

/** Value of a lower-case hex digit by its code, -1 for every other code below 128. */
const DIGITS = new Int8Array(128).fill(-1);
for (let i = 0; i < 16; i += 1) DIGITS['0123456789abcdef'.charCodeAt(i)] = i;
const HYPHEN = '-'.charCodeAt(0);
/** Where each of the eight groups of four digits begins. */
const GROUPS = [0, 4, 9, 14, 19, 24, 28, 32] as const;

/** The 32 digits as four words; false for what is not written as a UUID. */
function readWords(id: string, into: Int32Array): boolean {
  if (id.length !== 36) return false;
  for (let i = 8; i <= 23; i += 5) if (id.charCodeAt(i) !== HYPHEN) return false;
  let wrong = 0;
  for (let word = 0; word < 4; word += 1) {
    const high = fourDigits(id, GROUPS[2 * word]!);
    const low = fourDigits(id, GROUPS[2 * word + 1]!);
    wrong |= high | low;
    into[word] = (high << 16) | low;
  }
  return wrong >= 0;
}

/** Four digits as a number; negative where one of them is none. */
function fourDigits(id: string, at: number): number {
  const [a, b, c, d] = [
    id.charCodeAt(at),
    id.charCodeAt(at + 1),
    id.charCodeAt(at + 2),
    id.charCodeAt(at + 3),
  ];
  if ((a | b | c | d) > 127) return -1;
  return (DIGITS[a]! << 12) | (DIGITS[b]! << 8) | (DIGITS[c]! << 4) | DIGITS[d]!;
}
