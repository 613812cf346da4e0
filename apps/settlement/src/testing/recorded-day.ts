import type { AnyNewEvent, AnyRecordedEvent } from '#events';
import { openHouse } from '../../../../libs/ledger/src/testing/given.js';

/** Events as a journal records them. */
export function recorded(events: readonly AnyNewEvent[], from = 0): AnyRecordedEvent[] {
  return events.map(
    (event, i) => ({ ...event, position: from + i, recordedAt: 1 }) as AnyRecordedEvent,
  );
}

/** Two cycles of a small house: trades, marks, a deposit, variation margin. */
export function recordedDay(): AnyRecordedEvent[] {
  const house = openHouse();
  house.deposit('M1-H', '100000000000');
  house.deposit('M2-H', '100000000000');
  house.trade('T1', 'M1-H', 'M2-H', '1000', '5000000');
  house.mark('5000100');
  house.cut();
  house.mark('5000300');
  house.cut();
  return recorded(house.events);
}
