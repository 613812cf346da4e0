/** Where a backing service came from; `skipped` means there is none and `reason` says why. */
export type How = 'environment' | 'docker' | 'local' | 'embedded' | 'skipped';

/** One backing service, running and ready, or skipped with the reason. */
export interface Resolved {
  readonly name: 'postgres' | 'kafka';
  readonly how: How;
  /** For people: version, address, process id. */
  readonly detail: string;
  /** Postgres: administrator's connection URL. Kafka: `host:port`, comma-separated. */
  readonly url?: string;
  readonly reason?: string;
  /** Ends what we started; leaves a server that was given to us alone. Safe to call twice. */
  stop(): Promise<void>;
  /** SIGKILL, for crash tests; absent where the server is not ours to kill. */
  kill?(): Promise<void>;
}

export type Progress = (line: string) => void;

export interface ResolveOptions {
  /** Receives one line per step that takes time. Default: nobody. */
  readonly progress?: Progress;
  /** Aborting ends a start that is under way, but for a container's; a running service is ended by `stop`. */
  readonly signal?: AbortSignal | undefined;
}

/** A server started here: the part of it that both kinds of server share. */
export interface LocalServer {
  /** Postgres: connection URL. Kafka: `127.0.0.1:port`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly dataDir: string;
  stop(): Promise<void>;
  kill(): Promise<void>;
}
