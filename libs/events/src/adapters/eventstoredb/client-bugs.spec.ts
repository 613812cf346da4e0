import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventStoreDBClient, jsonEvent, WrongExpectedVersionError } from '@eventstore/db-client';
import { type SimulatedEventStore, simulatedEventStore } from './simulated/server.js';

/**
 * Why the journal uses the client the way it does. Each case shows the pinned client as it is: a case that fails after an
 * update is a bug mended, and a rule of the adapter to think about again.
 */
describe('the pinned client of EventStoreDB', () => {
  let server: SimulatedEventStore;
  beforeAll(async () => {
    server = await simulatedEventStore();
  });
  afterAll(() => server.stop());

  const events = (count: number) =>
    Array.from({ length: count }, (_, n) => jsonEvent({ type: 'Counted', data: { n } }));
  const client = (throwing: boolean): EventStoreDBClient =>
    EventStoreDBClient.connectionString(`${server.url}&throwOnAppendFailure=${String(throwing)}`);

  it.each([1, 5, 40])(
    'reports revision 1 for a conflict on a stream of %d events in its non-throwing mode',
    async (count) => {
      const [quiet, loud] = [client(false), client(true)];
      const stream = `conflict-${count}`;
      await quiet.appendToStream(stream, events(count));
      const stale = { expectedRevision: BigInt(count + 7) };
      const said = await quiet.appendToStream(stream, events(1), stale);
      expect(said).toMatchObject({ success: false, nextExpectedRevision: 1n });
      const thrown = loud.appendToStream(stream, events(1), stale);
      await expect(thrown).rejects.toBeInstanceOf(WrongExpectedVersionError);
      await expect(thrown).rejects.toMatchObject({ actualVersion: BigInt(count - 1) });
      await Promise.all([quiet.dispose(), loud.dispose()]);
    },
  );

  it('takes a repeated append for success, whoever repeats it: one writer has to be made sure of elsewhere', async () => {
    const [one, other] = [client(true), client(true)];
    const same = events(3);
    const first = await one.appendToStream('repeated', same, { expectedRevision: 'no_stream' });
    const again = await other.appendToStream('repeated', same, { expectedRevision: 'no_stream' });
    expect([first.success, again.success]).toEqual([true, true]);
    expect(server.streams.get('repeated')).toHaveLength(3);
    const part = other.appendToStream('repeated', [same[0]!, ...events(2)], {
      expectedRevision: 'no_stream',
    });
    await expect(part).rejects.toBeInstanceOf(WrongExpectedVersionError);
    await Promise.all([one.dispose(), other.dispose()]);
  });

  it('refuses an append above a MiB only after it was sent', async () => {
    const one = client(true);
    const huge = jsonEvent({ type: 'Huge', data: { text: 'h'.repeat(600_000) } });
    const append = one.appendToStream('huge', [huge, { ...huge, id: crypto.randomUUID() }]);
    await expect(append).rejects.toMatchObject({ type: 'maximum-append-size-exceeded' });
    expect(server.streams.get('huge')).toBeUndefined();
    await one.dispose();
  });

  it('waits without end where the server has an append and says nothing', async () => {
    const one = client(true);
    server.arm('no-answer');
    const append = one.appendToStream('silence', events(1), { deadline: 20 });
    const waited = new Promise((resolve) => setTimeout(() => resolve('still waiting'), 200));
    expect(await Promise.race([append.catch((error: unknown) => error), waited])).toBe(
      'still waiting',
    );
    expect(server.streams.get('silence')).toHaveLength(1);
    await one.dispose();
  });
});
