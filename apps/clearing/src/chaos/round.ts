import { setTimeout as sleep } from 'node:timers/promises';
import { dayOf } from '../simulation/day.js';
import type { DaySize } from '../simulation/day.js';
import { Random } from '../simulation/random.js';
import { audit } from './audit.js';
import { strikes } from './faults.js';
import { ChaosHouse } from './house.js';
import type { Servers } from './servers.js';

export interface RoundPlan {
  readonly seed: number;
  readonly size: DaySize;
  /** Names of the faults, in the order they strike. */
  readonly faults: readonly string[];
  readonly log?: (line: string) => void;
}

export interface RoundReport {
  /** What does not hold; nothing where all of it does. */
  readonly findings: readonly string[];
  readonly messages: number;
  /** The faults that had something to strike at. */
  readonly struck: readonly string[];
  /** How the processes ended. */
  readonly ends: readonly string[];
}

const BURST = 3;
const PAUSE_MS = 40;

/** One day on real servers: it is delivered piece by piece while faults strike, then everything is audited. */
export async function chaosRound(servers: Servers, plan: RoundPlan): Promise<RoundReport> {
  const random = new Random(plan.seed);
  const day = dayOf(random, plan.size);
  const messages = [...day.overHttp, ...day.toBroker];
  const house = await ChaosHouse.open(servers, `chaos_${plan.seed}_${process.pid}`);
  const struck: string[] = [];
  let sent = 0;
  const deliver = async (end: number): Promise<void> => {
    while (sent < end) {
      const burst = messages.slice(sent, Math.min(end, sent + BURST));
      await house.send(burst);
      sent += burst.length;
      await sleep(PAUSE_MS);
    }
  };
  try {
    const share = Math.ceil(messages.length / (plan.faults.length + 1));
    for (const [index, fault] of plan.faults.entries()) {
      await house.ready();
      const delivery = deliver(Math.min(messages.length, (index + 1) * share));
      await sleep(random.below(100));
      plan.log?.(`${fault}, after ${sent} of ${messages.length} messages`);
      const [hit] = await Promise.all([strikes[fault]!(house, random), delivery]);
      if (hit) struck.push(fault);
    }
    await deliver(messages.length);
    const head = await house.settled();
    await house.close();
    const findings = await audit(house, messages, head);
    return { findings, messages: messages.length, struck, ends: house.ends };
  } finally {
    await house.close().catch(() => undefined);
  }
}
