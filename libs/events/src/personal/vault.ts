import { openText, parseSealed, type SealedPlace, sealText } from './sealed.js';

/** Names one data key of a subject. */
export interface KeyName {
  readonly subject: string;
  /** 1, 2, ...: a subject gets another one only after those before were destroyed. */
  readonly key: number;
}

/** A data key: 32 random bytes that seal the personal fields of one subject. */
export interface DataKey extends KeyName {
  readonly secret: Uint8Array;
}

/** The store of data keys. It stands beside the journal, not in it: what it forgets, nobody can read. */
export interface SubjectKeys {
  /** The subject's live key, made where there is none; durable when this resolves. */
  current(subject: string): Promise<DataKey>;
  /** Number of the subject's live key; 0 where it has none. */
  live(subject: string): Promise<number>;
  /** The keys of these names, by `nameOf`: absent where the store never had one. */
  find(names: readonly KeyName[]): Promise<ReadonlyMap<string, Uint8Array | 'destroyed'>>;
  /** Destroys the subject's keys up to a number; again is harmless. Resolves with how many it destroyed now. */
  destroy(subject: string, through: number): Promise<number>;
  /** Number of journal events whose orders to destroy were obeyed. It stands in the store, so that an old copy of it obeys again. */
  obeyed(): Promise<number>;
  setObeyed(events: number): Promise<void>;
  close(): Promise<void>;
}

export const nameOf = ({ subject, key }: KeyName): string => `${subject}/${key}`;

/** A personal field as a reader gets it. */
export type Opened =
  | { readonly text: string; readonly erased?: never }
  | { readonly erased: true; readonly text?: never };

/** Text and the place it was sealed for. */
export interface Placed {
  readonly text: string;
  readonly place: SealedPlace;
}

/** Opens personal fields; text that is not sealed is returned as it is. */
export interface PersonalReader {
  open(fields: readonly Placed[]): Promise<readonly Opened[]>;
}

/** A key nobody destroyed is not there: a wrong or incomplete key store, never an erasure. */
export class DataKeyMissing extends Error {
  override readonly name = 'DataKeyMissing';
  constructor({ subject, key }: KeyName) {
    super(
      `data key ${key} of ${subject} is not in this key store, and was not destroyed there: use the store the journal was written with`,
    );
  }
}

/** Seals and opens with the keys of a store. Keeps neither keys nor plain text: what is destroyed is unreadable at once. */
export class PersonalVault implements PersonalReader {
  constructor(private readonly keys: SubjectKeys) {}

  async seal(subject: string, { text, place }: Placed): Promise<string> {
    const key = await this.keys.current(subject);
    return sealText(text, place, key, key.secret);
  }

  async open(fields: readonly Placed[]): Promise<readonly Opened[]> {
    const parsed = fields.map(({ text }) => parseSealed(text));
    const wanted = new Map<string, KeyName>();
    for (const sealed of parsed) if (sealed) wanted.set(nameOf(sealed), sealed);
    const found = wanted.size > 0 ? await this.keys.find([...wanted.values()]) : new Map();
    return fields.map(({ text, place }, i): Opened => {
      const sealed = parsed[i];
      if (sealed === undefined) return { text };
      const secret = found.get(nameOf(sealed));
      if (secret === undefined) throw new DataKeyMissing(sealed);
      return secret === 'destroyed' ? { erased: true } : { text: openText(sealed, place, secret) };
    });
  }
}

/** For whoever has no key store: plain text of old journals is readable, sealed text fails. */
export const withoutKeys: PersonalReader = {
  async open(fields) {
    return fields.map(({ text }) => {
      const sealed = parseSealed(text);
      if (sealed !== undefined) throw new DataKeyMissing(sealed);
      return { text };
    });
  },
};
