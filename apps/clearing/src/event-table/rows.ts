import { type AnyRecordedEvent, subjectsOf } from '#events';
import { copyCell } from '../read/project/write.js';

/** Column order of `rowOf`. */
export const COLUMNS = 'position, type, occurred_at, recorded_at, actor, id, subjects, data';

/** An array as text of Postgres: every element quoted, since a subject may hold an id that nobody checked. */
const arrayOf = (texts: readonly string[]): string =>
  `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;

/** JSON writes U+0000 as an escape, which jsonb refuses; an escaped backslash before `u0000` is none. */
const withoutNul = (json: string): string =>
  json.includes('\\u0000')
    ? json.replace(/\\(?:u0000|.)/g, (escape) => (escape === '\\u0000' ? '\\ufffd' : escape))
    : json;

/** A row of COPY's text format. */
export function rowOf(event: AnyRecordedEvent): string {
  const { position, type, occurredAt, recordedAt, actor, id, data } = event;
  const cells = [position, type, occurredAt, recordedAt, actor, id, arrayOf(subjectsOf(event))];
  return `${[...cells, withoutNul(JSON.stringify(data))].map(copyCell).join('\t')}\n`;
}
