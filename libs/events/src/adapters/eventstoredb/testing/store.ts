import { randomUUID } from 'node:crypto';
import { credentials } from '@grpc/grpc-js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { FaultName, Faults } from '../../../journal/faults.contract.js';
import type { JournalUnderTest } from '../../../journal/journal.contract.js';
import { eventStoreJournal } from '../eventstoredb-journal.js';
import { identifier } from '../simulated/messages.js';
import type { SimulatedEventStore } from '../simulated/server.js';

/** What a simulated server can bring about. */
export const FAULTS: readonly FaultName[] = [
  'lose-answer',
  'lose-request',
  'delay-request',
  'drop-readers',
  'idle-stranger',
];

/** A journal in a stream of its own, on any server. */
export function storeOf(url: string, faults?: Faults): JournalUnderTest {
  const prefix = `case-${randomUUID()}`;
  const opened = [eventStoreJournal({ url, prefix })];
  return {
    journal: opened[0]!,
    again: async () => {
      const journal = eventStoreJournal({ url, prefix });
      opened.push(journal);
      return journal;
    },
    cleanup: async () => {
      await faults?.release();
      await Promise.all(opened.map((journal) => journal.close()));
    },
    ...(faults && { faults }),
  };
}

export function faultsOf(server: SimulatedEventStore): Faults {
  let leave: (() => void) | undefined;
  return {
    strike: async (fault) => {
      if (fault === 'idle-stranger') leave = beginAndWait(server.url);
      else if (fault === 'drop-readers') server.dropSubscriptions();
      else server.arm(fault);
    },
    release: async () => {
      leave?.();
      leave = undefined;
      server.release();
    },
  };
}

/** A client in the middle of an append to another stream. Returns how to end it. */
function beginAndWait(url: string): () => void {
  const client = new streamsGrpc.StreamsClient(new URL(url).host, credentials.createInsecure());
  const call = client.batchAppend();
  call.on('error', () => undefined);
  const options = new streams.BatchAppendReq.Options();
  options.setStreamIdentifier(identifier('a-strangers-stream'));
  const request = new streams.BatchAppendReq().setOptions(options).setIsFinal(false);
  call.write(request.setCorrelationId(new shared.UUID().setString(randomUUID())));
  return () => {
    call.cancel();
    client.close();
  };
}
