export { ackOf, deadLetterOf } from './acks.js';
export { migrateOutputs, postgresCheckpoint } from './checkpoint.js';
export type { Checkpoint } from './checkpoint.js';
export { Publisher } from './publisher.js';
export { KafkaSink } from './sink.js';
export type { MessageSink, OutMessage } from './sink.js';
