import {
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServiceError,
  status as codes,
} from '@grpc/grpc-js';
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import statuses from '@eventstore/db-client/generated/status_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import {
  appendAnswer,
  appendExpectation,
  batchAnswer,
  batchExpectation,
  failure,
  nameOf,
  sizeOf,
  tooLargeStatus,
  toStored,
} from './messages.js';
import { answerRead, answerSubscription, type ReadCall } from './reading.js';
import { type Expected, type Outcome, type StoredRecord, Streams } from './streams.js';

/** What happens to the next append. */
export type AppendFault =
  /** It is written; then the call breaks. */
  | 'lose-answer'
  /** The call breaks; nothing is written. */
  | 'lose-request'
  /** The call breaks, and it is written when `release` is called. */
  | 'delay-request'
  /** It is written, and no word is ever heard of it. */
  | 'no-answer'
  /** This node says it is no leader. */
  | 'not-leader'
  /** Nothing: the one after it is struck. */
  | 'none';

export interface SimulatedEventStore {
  /** Connection string. */
  readonly url: string;
  readonly streams: Streams;
  arm(fault: AppendFault, times?: number): void;
  /** Lets a delayed append arrive. */
  release(): void;
  /** Breaks every subscription there is. */
  dropSubscriptions(): void;
  /** The server is away for the calls to come, until it is said not to be. */
  away(away: boolean): void;
  /** Appends that were written or answered otherwise, since the start. */
  appends(): number;
  stop(): Promise<void>;
}

export interface SimulatedOptions {
  /** 0 takes any free port. */
  readonly port?: number;
  /** Old servers know only the older call to append. */
  readonly batchAppend?: boolean;
  /** Most bytes of one append; the server's default is 1 MiB. */
  readonly maxAppendBytes?: number;
}

const MIB = 1024 * 1024;

/**
 * A server that speaks EventStoreDB's protocol, made from the stubs of its own client: append both ways, read, subscribe,
 * expected revisions, idempotency by id, the limit of an append. It keeps everything in memory and shows what goes wrong
 * between a client and a real server when told to. For tests, the demo, and looking around.
 */
export async function simulatedEventStore(
  options: SimulatedOptions = {},
): Promise<SimulatedEventStore> {
  const simulation = new Simulation(options);
  await simulation.start(options.port ?? 0);
  return simulation;
}

type BatchCall = ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>;
type AppendCall = ServerReadableStream<streams.AppendReq, streams.AppendResp>;

interface Request {
  readonly stream: string;
  readonly expected: Expected;
  readonly records: readonly StoredRecord[];
}

interface Pending {
  readonly records: StoredRecord[];
  options?: streams.BatchAppendReq.Options;
}

/** How a request is answered: with its outcome, with an error, or not at all. */
type Answer = Outcome | ServiceError | 'too-large' | undefined;

class Simulation implements SimulatedEventStore {
  readonly streams = new Streams();
  private readonly server = new Server({ 'grpc.max_receive_message_length': 17 * MIB });
  private readonly subscriptions = new Set<ReadCall>();
  private readonly faults: AppendFault[] = [];
  private readonly maxBytes: number;
  private delayed: (() => void) | undefined;
  private isAway = false;
  private appended = 0;
  private port = 0;

  constructor({ batchAppend = true, maxAppendBytes = MIB }: SimulatedOptions) {
    this.maxBytes = maxAppendBytes;
    const unused = (): never => {
      throw failure(codes.UNIMPLEMENTED, 'the simulation has no such call');
    };
    this.server.addService(streamsGrpc.StreamsService, {
      read: (call: ReadCall) => this.read(call),
      append: (call: AppendCall, answer: sendUnaryData<streams.AppendResp>) =>
        this.append(call, answer),
      batchAppend: (call: BatchCall) => this.batchAppend(call),
      delete: unused,
      tombstone: unused,
    });
    const methods = ['Read', 'Append', ...(batchAppend ? ['BatchAppend'] : [])];
    const supported = new features.SupportedMethods().setEventStoreServerVersion('simulated');
    for (const method of methods) {
      const service = 'event_store.client.streams.Streams';
      supported.addMethods(
        new features.SupportedMethod().setServiceName(service).setMethodName(method),
      );
    }
    this.server.addService(featuresGrpc.ServerFeaturesService, {
      getSupportedMethods: (_: unknown, answer: sendUnaryData<features.SupportedMethods>) =>
        this.isAway ? answer(unavailable()) : answer(null, supported),
    });
  }

  async start(port: number): Promise<void> {
    this.port = await new Promise<number>((resolve, reject) => {
      const bound = (error: Error | null, taken: number): void =>
        error ? reject(error) : resolve(taken);
      this.server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), bound);
    });
  }

  get url(): string {
    return `esdb://127.0.0.1:${this.port}?tls=false`;
  }

  arm(fault: AppendFault, times = 1): void {
    for (let i = 0; i < times; i += 1) this.faults.push(fault);
  }

  release(): void {
    this.delayed?.();
    this.delayed = undefined;
  }

  dropSubscriptions(): void {
    for (const call of this.subscriptions) call.emit('error', unavailable());
  }

  away(away: boolean): void {
    this.isAway = away;
    if (away) this.dropSubscriptions();
  }

  appends(): number {
    return this.appended;
  }

  async stop(): Promise<void> {
    this.server.forceShutdown();
  }

  private read(call: ReadCall): void {
    if (this.isAway) return void call.emit('error', unavailable());
    if (!call.request.getOptions()?.hasSubscription()) return void answerRead(call, this.streams);
    this.subscriptions.add(call);
    void answerSubscription(call, this.streams).finally(() => this.subscriptions.delete(call));
  }

  private append(call: AppendCall, answer: sendUnaryData<streams.AppendResp>): void {
    const records: StoredRecord[] = [];
    let options: streams.AppendReq.Options | undefined;
    call.on('data', (request: streams.AppendReq) => {
      options ??= request.getOptions();
      const message = request.getProposedMessage();
      if (message) records.push(toStored(message, Date.now()));
    });
    call.on('end', () => {
      if (options === undefined) return answer(failure(codes.INVALID_ARGUMENT, 'no options'));
      const expected = appendExpectation(options);
      const stream = nameOf(options.getStreamIdentifier());
      const done = this.decide({ stream, expected, records });
      if (done === undefined) return;
      if (done === 'too-large') return answer(this.tooLarge());
      if (done instanceof Error) return answer(done);
      answer(null, appendAnswer(done, expected));
    });
  }

  private batchAppend(call: BatchCall): void {
    const pending = new Map<string, Pending>();
    call.on('data', (request: streams.BatchAppendReq) => {
      const id = request.getCorrelationId()?.getString() ?? '';
      const one: Pending = pending.get(id) ?? { records: [] };
      pending.set(id, one);
      const options = request.getOptions();
      if (options) one.options = options;
      for (const message of request.getProposedMessagesList()) {
        one.records.push(toStored(message, Date.now()));
      }
      if (!request.getIsFinal()) return;
      pending.delete(id);
      this.answerBatch(call, request, one);
    });
    call.on('end', () => call.end());
  }

  private answerBatch(
    call: BatchCall,
    request: streams.BatchAppendReq,
    { records, options = new streams.BatchAppendReq.Options() }: Pending,
  ): void {
    const expected = batchExpectation(options);
    const stream = nameOf(options.getStreamIdentifier());
    const done = this.decide({ stream, expected, records });
    if (done === undefined) return;
    if (done instanceof Error) return void call.emit('error', done);
    const answer = new streams.BatchAppendResp();
    answer.setCorrelationId(request.getCorrelationId());
    answer.setStreamIdentifier(options.getStreamIdentifier());
    const result =
      done === 'too-large' ? tooLargeStatus(this.maxBytes) : batchAnswer(done, expected);
    if (result instanceof statuses.Status) answer.setError(result);
    else answer.setSuccess(result);
    call.write(answer);
  }

  private decide(request: Request): Answer {
    if (this.isAway) return unavailable();
    this.appended += 1;
    const fault = this.faults.shift();
    const write = (): Outcome =>
      this.streams.append(request.stream, request.records, request.expected);
    const bytes = request.records.reduce((sum, each) => sum + sizeOf(each), 0);
    if (bytes > this.maxBytes) return 'too-large';
    switch (fault) {
      case undefined:
      case 'none':
        return write();
      case 'lose-answer':
        write();
        return unavailable();
      case 'no-answer':
        write();
        return undefined;
      case 'lose-request':
        return unavailable();
      case 'delay-request':
        this.delayed = write;
        return unavailable();
      case 'not-leader':
        return failure(codes.NOT_FOUND, 'Leader info available', {
          exception: 'not-leader',
          'leader-endpoint-host': '127.0.0.1',
          'leader-endpoint-port': String(this.port),
        });
    }
  }

  private tooLarge(): ServiceError {
    return failure(codes.INVALID_ARGUMENT, 'Maximum Append Size Exceeded', {
      exception: 'maximum-append-size-exceeded',
      'maximum-append-size': String(this.maxBytes),
    });
  }
}

function unavailable(): ServiceError {
  return failure(codes.UNAVAILABLE, 'the simulated server is away');
}
