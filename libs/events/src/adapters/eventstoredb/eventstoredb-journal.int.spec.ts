import { afterAll, beforeAll, describe, it } from '@jest/globals';
import {
  getContainerRuntimeClient,
  GenericContainer,
  type StartedTestContainer,
  Wait,
} from 'testcontainers';
import { journalContract } from '../../journal/journal.contract.js';
import { storeOf } from './testing/store.js';

const IMAGE = 'eventstore/eventstore:24.10';
const PORT = 2113;

/** Is there a Docker to start the real server in? */
async function dockerAnswers(): Promise<boolean> {
  try {
    await getContainerRuntimeClient();
    return true;
  } catch {
    return false;
  }
}

const given = process.env['EVENTSTOREDB_URL'];
const available = given !== undefined || (await dockerAnswers());
const NAME = 'the journal on a real EventStoreDB';

function onARealServer(): void {
  let url = given ?? '';
  let container: StartedTestContainer | undefined;
  beforeAll(async () => {
    if (given !== undefined) return;
    container = await new GenericContainer(IMAGE)
      .withCommand(['--insecure', '--mem-db'])
      .withExposedPorts(PORT)
      .withWaitStrategy(
        Wait.forHttp('/health/live', PORT).forStatusCodeMatching((code) => code < 300),
      )
      .start();
    url = `esdb://${container.getHost()}:${container.getMappedPort(PORT)}?tls=false`;
  }, 300_000);
  afterAll(async () => void (await container?.stop()));
  // Lost answers and the like are the simulation's: nobody can tell a real server to lose one.
  journalContract('eventstoredb', async () => storeOf(url));
}

if (available) {
  describe(NAME, onARealServer);
} else {
  const reason = 'EVENTSTOREDB_URL is not set and no Docker answers';
  // Not entered: one line says it, not one a case.
  describe.skip(`${NAME} (skipped: ${reason})`, () => {
    it('keeps the journal contract', onARealServer);
  });
}
