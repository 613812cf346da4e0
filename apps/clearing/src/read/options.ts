import type { Journal, PersonalReader } from '#events';

export interface ReadOptions {
  readonly databaseUrl: string;
  readonly journal: Journal;
  /** Opens personal fields; without it sealed ones cannot be shown and fail. */
  readonly personal?: PersonalReader;
  /** Connections of the query side. */
  readonly queryConnections?: number;
  /** One line per fact worth an operator's time; nothing by default. */
  readonly log?: (line: string) => void;
}

export const READ_OPTIONS = Symbol('READ_OPTIONS');
