import { createHash } from 'node:crypto';
import type { RiskFactor } from '#events';
import { canonical, type EntryValue } from '../canonical-entry.js';

/**
 * Root of a history: SHA-256 of numeraire and factors, and with every day SHA-256 of the root before and the day. So the
 * root after n days names exactly these days, and a day is added without the ones before it.
 */
export function historyRoot(numeraire: string, factors: readonly RiskFactor[]): string {
  const named = factors.map((factor) => ({ ...factor }) as unknown as EntryValue);
  return sha256(`novate/history|${canonical({ numeraire, factors: named })}`);
}

/** The root after one more day. */
export function nextRoot(root: string, date: string, values: readonly string[]): string {
  return sha256(`${root}|${date}|${values.join(',')}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
