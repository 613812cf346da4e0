export type SettingKind =
  'text' | 'integer' | 'flag' | 'list' | 'keys' | 'urls' | 'choice' | 'key32' | 'json';

/** One line of a configuration reference, and the rule its value is read by. */
export interface Setting {
  readonly name: string;
  readonly kind: SettingKind;
  readonly required?: boolean;
  /** What applies when it is absent. */
  readonly fallback?: string;
  readonly secret?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  readonly about: string;
}

/** What a process was started with. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A venue's or member's key, or a co-signer's by its address. */
export interface NamedKey {
  readonly id: string;
  readonly key: string;
}

export const text = (name: string, about: string, more: Partial<Setting> = {}): Setting => ({
  name,
  kind: 'text',
  about,
  ...more,
});

export const integer = (
  name: string,
  fallback: number,
  [min, max]: readonly [number, number],
  about: string,
): Setting => ({ name, kind: 'integer', fallback: String(fallback), min, max, about });
