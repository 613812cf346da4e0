import type { Journal, PersonalReader } from '#events';
import type { SnapshotSource } from '#ledger';

export interface ReadOptions {
  readonly databaseUrl: string;
  readonly journal: Journal;
  /** From where queries of the past may begin; absent: from position 0. */
  readonly snapshots?: SnapshotSource;
  /** Opens personal fields; without it sealed ones cannot be shown and fail. */
  readonly personal?: PersonalReader;
  /** Connections of the query side. */
  readonly queryConnections?: number;
  /** One line per fact worth an operator's time; nothing by default. */
  readonly log?: (line: string) => void;
}

export const READ_OPTIONS = Symbol('READ_OPTIONS');
