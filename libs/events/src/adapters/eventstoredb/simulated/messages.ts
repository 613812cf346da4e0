import { Metadata, type ServiceError, status as codes } from '@grpc/grpc-js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import statuses from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import type { Expected, Outcome, StoredRecord } from './streams.js';

type Proposed = streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage;

const TICKS_PER_MS = 10_000n;

/** A message of the wire as it is stored. `now` in milliseconds. */
export function toStored(message: Proposed, now: number): StoredRecord {
  const properties = message.getMetadataMap();
  return {
    id: message.getId()?.getString() ?? '',
    type: properties.get('type') ?? '',
    contentType: properties.get('content-type') ?? 'application/octet-stream',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
    created: String(BigInt(Math.trunc(now)) * TICKS_PER_MS),
  };
}

/** Bytes of a record as the server counts them towards its limit of an append. */
export function sizeOf({ type, data, metadata }: StoredRecord): number {
  return data.length + metadata.length + 2 * type.length;
}

export function nameOf(identifier: shared.StreamIdentifier | undefined): string {
  return Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');
}

export function appendExpectation(options: streams.AppendReq.Options): Expected {
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasAny()) return 'any';
  return options.hasStreamExists() ? 'stream_exists' : BigInt(options.getRevision());
}

export function batchExpectation(options: streams.BatchAppendReq.Options): Expected {
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasAny()) return 'any';
  return options.hasStreamExists() ? 'stream_exists' : BigInt(options.getStreamPosition());
}

export function appendAnswer(outcome: Outcome, expected: Expected): streams.AppendResp {
  const answer = new streams.AppendResp();
  if (outcome.kind === 'written') {
    const success = new streams.AppendResp.Success();
    success.setCurrentRevision(String(outcome.revision));
    success.setNoPosition(new shared.Empty());
    return answer.setSuccess(success);
  }
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (outcome.current === undefined) wrong.setCurrentNoStream(new shared.Empty());
  else wrong.setCurrentRevision(String(outcome.current));
  if (expected === 'no_stream') wrong.setExpectedNoStream(new shared.Empty());
  else if (expected === 'stream_exists') wrong.setExpectedStreamExists(new shared.Empty());
  else if (expected === 'any') wrong.setExpectedAny(new shared.Empty());
  else wrong.setExpectedRevision(String(expected));
  return answer.setWrongExpectedVersion(wrong);
}

export function batchAnswer(
  outcome: Outcome,
  expected: Expected,
): streams.BatchAppendResp.Success | statuses.Status {
  if (outcome.kind === 'written') {
    const success = new streams.BatchAppendResp.Success();
    success.setCurrentRevision(String(outcome.revision));
    return success.setNoPosition(new emptyPb.Empty());
  }
  const wrong = new shared.WrongExpectedVersion();
  if (outcome.current === undefined) wrong.setCurrentNoStream(new emptyPb.Empty());
  else wrong.setCurrentStreamRevision(String(outcome.current));
  if (expected === 'no_stream') wrong.setExpectedNoStream(new emptyPb.Empty());
  else if (expected === 'stream_exists') wrong.setExpectedStreamExists(new emptyPb.Empty());
  else if (expected === 'any') wrong.setExpectedAny(new emptyPb.Empty());
  else wrong.setExpectedStreamPosition(String(expected));
  return statusOf(codes.FAILED_PRECONDITION, wrong.serializeBinary(), 'WrongExpectedVersion');
}

export function tooLargeStatus(limit: number): statuses.Status {
  const details = new shared.MaximumAppendSizeExceeded();
  details.setMaxappendsize(limit);
  const bytes = details.serializeBinary();
  return statusOf(codes.INVALID_ARGUMENT, bytes, 'MaximumAppendSizeExceeded');
}

function statusOf(code: number, bytes: Uint8Array, name: string): statuses.Status {
  const details = new anyPb.Any();
  details.pack(bytes, `event_store.client.${name}`);
  const status = new statuses.Status();
  status.setCode(code);
  status.setMessage(name);
  return status.setDetails(details);
}

/** An error as the server sends it: a status, and in its metadata what the client tells errors apart by. */
export function failure(
  code: number,
  details: string,
  properties: Readonly<Record<string, string>> = {},
): ServiceError {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(properties)) metadata.set(name, value);
  return Object.assign(new Error(details), { code, details, metadata });
}

export function readAnswer(
  stream: string,
  record: StoredRecord,
  revision: number,
): streams.ReadResp {
  const event = new streams.ReadResp.ReadEvent.RecordedEvent();
  event.setId(new shared.UUID().setString(record.id));
  event.setStreamIdentifier(identifier(stream));
  event.setStreamRevision(String(revision));
  // One stream at a time is all a simulation has; positions in $all are the revisions.
  event.setPreparePosition(String(revision));
  event.setCommitPosition(String(revision));
  const properties = event.getMetadataMap();
  properties.set('type', record.type);
  properties.set('content-type', record.contentType);
  properties.set('created', record.created);
  event.setCustomMetadata(record.metadata);
  event.setData(record.data);
  const read = new streams.ReadResp.ReadEvent().setEvent(event);
  return new streams.ReadResp().setEvent(read.setNoPosition(new shared.Empty()));
}

export function missingAnswer(stream: string): streams.ReadResp {
  const missing = new streams.ReadResp.StreamNotFound();
  return new streams.ReadResp().setStreamNotFound(missing.setStreamIdentifier(identifier(stream)));
}

export function identifier(stream: string): shared.StreamIdentifier {
  return new shared.StreamIdentifier().setStreamName(Buffer.from(stream, 'utf8'));
}
