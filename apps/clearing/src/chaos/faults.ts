import { setTimeout as sleep } from 'node:timers/promises';
import { crashPoints } from '../engine/index.js';
import { topicPlan } from '../intake/index.js';
import type { Random } from '../simulation/random.js';
import type { ChaosHouse } from './house.js';

/** What may befall a house. Each returns once it has struck; false where there was nothing to strike at. */
export type Strike = (house: ChaosHouse, random: Random) => Promise<boolean>;

/** The append as the database hears it: the name of its prepared statement. */
const APPEND = 'novate_append';
const STRIKES_WITHIN_MS = 5_000;

/** Waits until it is so, or for as long as there may be nothing to strike at. */
async function until(so: () => boolean): Promise<boolean> {
  for (const end = performance.now() + STRIKES_WITHIN_MS; performance.now() < end && !so();) {
    await sleep(20);
  }
  return so();
}

async function breakLine(
  house: ChaosHouse,
  fault: 'lose-answer' | 'lose-request',
): Promise<boolean> {
  house.proxy.arm(fault, APPEND);
  return until(() => !house.proxy.armed);
}

export const strikes: Readonly<Record<string, Strike>> = {
  'app killed': async (house, random) => {
    await sleep(random.below(300));
    house.current.kill('SIGKILL');
    await house.current.exited;
    return true;
  },
  'app killed at a point': async (house, random) => {
    const { current } = house;
    const point = random.pick(crashPoints);
    house.arm({ NOVATE_CRASH_POINT: point, NOVATE_CRASH_AFTER: String(random.between(1, 2)) });
    current.kill('SIGKILL');
    await until(() => house.current !== current);
    const armed = house.current;
    await armed.ready.catch(() => 0);
    const end = await Promise.race([armed.exited, sleep(STRIKES_WITHIN_MS)]);
    return end !== undefined;
  },
  'app stopped': async (house) => {
    const { current } = house;
    await current.stop();
    return until(() => house.current !== current);
  },
  'COMMIT without an answer': (house) => breakLine(house, 'lose-answer'),
  'append lost on its way': (house) => breakLine(house, 'lose-request'),
  'database killed': async (house, random) => {
    await house.servers.postgres.die(random.below(800));
    return true;
  },
  'broker killed': async (house, random) => {
    await house.servers.kafka.die(random.below(800));
    return true;
  },
  // The older of two processes of one house is fenced off and ends; both read everything until then.
  'second process': async (house) => {
    const second = house.start();
    await Promise.race([second.ready.catch(() => 0), second.exited]);
    await sleep(500);
    return true;
  },
  // A consumer joins the app's group, is given partitions, reads them without deciding anything, and leaves.
  rebalance: async (house) => {
    const admin = house.kafka.admin();
    await admin.connect();
    const { groups } = await admin.listGroups();
    // `<prefix>.<epoch>.<random>`: the newest is the one whose member lives.
    const epochOf = (id: string): number => Number(id.slice(house.prefix.length + 1).split('.')[0]);
    const ours = groups
      .map(({ groupId }) => groupId)
      .filter((id) => id.startsWith(house.prefix))
      .sort((a, b) => epochOf(b) - epochOf(a))
      .slice(0, 1);
    await admin.disconnect();
    const joins = ours.map(async (groupId) => {
      const consumer = house.kafka.consumer({ groupId, sessionTimeout: 6_000 });
      const topics = topicPlan()
        .filter(({ input }) => input)
        .map(({ topic }) => house.prefix + topic);
      await consumer.connect();
      await consumer.subscribe({ topics, fromBeginning: true });
      await consumer.run({ autoCommit: false, eachMessage: () => Promise.resolve() });
      await sleep(1_500);
      await consumer.disconnect();
    });
    await Promise.all(joins);
    return joins.length > 0;
  },
};
