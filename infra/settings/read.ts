import type { Environment, NamedKey, Setting } from './setting.js';

/** Every error of the environment at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(`configuration: ${problems.join('; ')}`);
  }
}

const KEY = /^[\x21-\x7e]{16,256}$/;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What a setting is, its fallback where it is absent. */
export function valueOf(
  settings: readonly Setting[],
  name: string,
  env: Environment,
): string | undefined {
  return env[name]?.trim() || settings.find((s) => s.name === name)?.fallback;
}

/** The environment as it may be printed: secrets are named, never shown. */
export function redactedBy(
  settings: readonly Setting[],
  env: Environment,
): Readonly<Record<string, string>> {
  const shown: Record<string, string> = {};
  for (const setting of settings) {
    const value = env[setting.name];
    if (value) shown[setting.name] = setting.secret ? '(secret)' : value;
  }
  return shown;
}

/** Everything wrong with the value of one setting. */
export function problemsOf(setting: Setting, env: Environment): string[] {
  const value = env[setting.name]?.trim();
  if (!value) return setting.required ? [`${setting.name} is missing: ${setting.about}`] : [];
  const wrong = (what: string) => [`${setting.name} ${what}`];
  switch (setting.kind) {
    case 'integer': {
      const { min = 0, max = Number.MAX_SAFE_INTEGER } = setting;
      const number = Number(value);
      const ok = /^\d+$/.test(value) && number >= min && number <= max;
      return ok ? [] : wrong(`is not a whole number from ${min} to ${max}`);
    }
    case 'flag':
      return value === 'true' || value === 'false' ? [] : wrong('is neither true nor false');
    case 'choice':
      return setting.choices?.includes(value)
        ? []
        : wrong(`is none of ${setting.choices?.join(', ')}`);
    case 'list':
      return list(value).every((entry) => /^[^\s:]+:\d{1,5}$/.test(entry))
        ? []
        : wrong('is not a list of host:port');
    case 'key32':
      return /^[A-Za-z0-9+/_-]{43}=?$/.test(value) ? [] : wrong('is not 32 bytes in base64');
    case 'keys':
      return keyProblems(setting.name, value, ID, 'id');
    case 'urls':
      return keyProblems(setting.name, value, /^https?:\/\/[^\s=,]+$/, 'http address');
    case 'json':
      return isJson(value) ? [] : wrong('is no JSON');
    case 'text':
      return setting.secret && setting.name.startsWith('NOVATE_KEY_') && !KEY.test(value)
        ? wrong('has to be 16 to 256 printable characters without spaces')
        : [];
  }
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

function keyProblems(name: string, value: string, id: RegExp, what: string): string[] {
  const seen = new Set<string>();
  return namedKeys(value).flatMap((entry, index) => {
    if (!id.test(entry.id)) return [`${name} entry ${index + 1} has no valid ${what}`];
    if (seen.has(entry.id)) return [`${name} names ${entry.id} twice`];
    seen.add(entry.id);
    return KEY.test(entry.key)
      ? []
      : [`${name} key of ${entry.id} has to be 16 to 256 printable characters`];
  });
}

/** Entries between commas, without the space around them. */
export const list = (value: string | undefined): string[] =>
  (value ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

/** `id=key,id=key`. */
export function namedKeys(value: string | undefined): NamedKey[] {
  return list(value).map((entry) => {
    const at = entry.indexOf('=');
    return at < 0 ? { id: '', key: entry } : { id: entry.slice(0, at), key: entry.slice(at + 1) };
  });
}
