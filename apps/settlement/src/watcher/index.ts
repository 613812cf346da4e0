/** What a chain says: seen, retracted, final; and the alarm when it takes back what it had called final. */
export {
  type Deposit,
  type Fact,
  idOf,
  type Place,
  type SettledBatch,
  type WatchedRail,
} from './fact.js';
export { type Mark, type Marks, type Observation } from './observe.js';
export { ChainMoved } from './read.js';
export { type Told, WatcherLost } from './store.js';
export { type Watch, Watcher, type WatcherOptions } from './watcher.js';
