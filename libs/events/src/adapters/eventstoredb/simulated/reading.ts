import type { ServerWritableStream } from '@grpc/grpc-js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { missingAnswer, nameOf, readAnswer } from './messages.js';
import type { Streams } from './streams.js';

export type ReadCall = ServerWritableStream<streams.ReadReq, streams.ReadResp>;

const { BACKWARDS } = streams.ReadReq.Options.ReadDirection;

/** Answers a read of a stream, from a revision on, one way or the other. */
export async function answerRead(call: ReadCall, store: Streams): Promise<void> {
  const options = optionsOf(call);
  const from = options.getStream();
  const name = nameOf(from?.getStreamIdentifier());
  const records = store.get(name);
  if (records === undefined) {
    call.write(missingAnswer(name));
    return void call.end();
  }
  const back = options.getReadDirection() === BACKWARDS;
  const last = records.length - 1;
  const start = from?.hasEnd() ? last : from?.hasStart() ? 0 : Number(from?.getRevision() ?? 0);
  const first = back ? Math.min(start, last) : start;
  const most = Number(options.getCount());
  for (let i = 0; i < most; i += 1) {
    const revision = back ? first - i : first + i;
    const record = revision > last ? undefined : records[revision];
    if (record === undefined) break;
    if (!(await send(call, readAnswer(name, record, revision)))) return;
  }
  call.end();
}

/** Answers a subscription: confirms it, sends what is there behind its checkpoint, then what comes. */
export async function answerSubscription(call: ReadCall, store: Streams): Promise<void> {
  const from = optionsOf(call).getStream();
  const name = nameOf(from?.getStreamIdentifier());
  let next = from?.hasStart() ? 0 : Number(from?.getRevision() ?? 0) + 1;
  if (from?.hasEnd()) next = store.get(name)?.length ?? 0;
  const confirmation = new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(name);
  call.write(new streams.ReadResp().setConfirmation(confirmation));
  let wake: () => void = () => undefined;
  const stopListening = store.onAppend((stream) => stream === name && wake());
  call.once('cancelled', () => wake());
  call.once('close', () => wake());
  while (!call.cancelled && !call.destroyed && !call.writableEnded) {
    const record = store.get(name)?.[next];
    if (record === undefined) {
      await new Promise<void>((resolve) => (wake = resolve));
    } else {
      if (!(await send(call, readAnswer(name, record, next)))) break;
      next += 1;
    }
  }
  stopListening();
}

function optionsOf(call: ReadCall): streams.ReadReq.Options {
  return call.request.getOptions() ?? new streams.ReadReq.Options();
}

/** False where the reader has gone. */
async function send(call: ReadCall, answer: streams.ReadResp): Promise<boolean> {
  if (call.cancelled || call.destroyed || call.writableEnded) return false;
  if (call.write(answer)) return true;
  return new Promise((resolve) => {
    const done = (): void => {
      call.off('drain', done);
      call.off('cancelled', done);
      call.off('close', done);
      resolve(!call.cancelled && !call.destroyed);
    };
    call.on('drain', done);
    call.on('cancelled', done);
    call.on('close', done);
  });
}
