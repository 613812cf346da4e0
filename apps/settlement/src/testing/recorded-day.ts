import type { AnyNewEvent, AnyRecordedEvent } from '#events';
import { openHouse } from '../../../../libs/ledger/src/testing/given.js';
import { type RailHouse, railHouse } from '../../../../libs/ledger/src/testing/rail-house.js';

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

/** The same house on rail 1/USDT: three cycles with a leg each, a withdrawal in the second; the first leg became final. */
export function settledDay(): RailHouse {
  const house = railHouse();
  house.trade('T1', 'M1-H', 'M2-H', '1', '5000000');
  house.mark('5000100');
  house.cut();
  house.chainDeposit('M2-H', '500', 1);
  house.withdraw('W1', 'M1-H', '100');
  house.mark('5000300');
  house.cut();
  house.finalizeNext(1);
  house.chainDeposit('guarantee', '7', 1);
  house.mark('4999800');
  house.cut();
  return house;
}
