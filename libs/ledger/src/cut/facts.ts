import type { EventData, EventType } from '#events';
import type { HouseState } from '../state.js';

/** Collects the facts of one cut in order. */
export interface Cut {
  readonly state: HouseState;
  readonly cycle: number;
  readonly endsAt: number;
  add<T extends EventType>(type: T, data: EventData[T]): void;
}
