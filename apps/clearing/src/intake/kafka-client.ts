import { Kafka, logLevel } from 'kafkajs';
import type { LogEntry } from 'kafkajs';

/** Logs one line; the process decides where it goes. */
export type Log = (line: string) => void;

/**
 * kafkajs tells of coordinators that are loading and of fetches cut short by a stop: both mend
 * themselves.
 */
const noise =
  /not aware of this member|coordinator is loading|load in progress|rebalancing|stopped/i;

const levels: Readonly<Record<number, string>> = {
  [logLevel.ERROR]: 'error',
  [logLevel.WARN]: 'warning',
};

function quiet(log: Log) {
  return () =>
    ({ level, namespace, log: entry }: LogEntry): void => {
      const detail = typeof entry['error'] === 'string' ? `: ${entry['error']}` : '';
      const line = `${entry.message}${detail}`.replaceAll(/\s+/g, ' ').slice(0, 300);
      if (noise.test(line)) return;
      const part = namespace ? ` [${namespace}]` : '';
      log(`kafka ${levels[level] ?? 'note'}${part}: ${line}`);
    };
}

/**
 * One client for consumer, producer and admin. Retries for about half a minute, then gives up with
 * the reason.
 */
export function kafkaClient(brokers: readonly string[], log: Log): Kafka {
  return new Kafka({
    clientId: 'novate-clearing',
    brokers: [...brokers],
    logLevel: logLevel.WARN,
    logCreator: quiet(log),
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 12 },
  });
}
