/** The backing services Novate needs on this machine: found or started, printed, and never left behind. */
export {
  ANVIL_MNEMONIC,
  anvilBinary,
  type AnvilServer,
  startAnvil,
  type StartAnvilOptions,
} from './anvil.js';
export { kafkaClassPath, kafkaLock } from './kafka.jars.js';
export { resolveKafka } from './kafka.js';
export {
  BROKER_MESSAGE_LIMIT,
  type KafkaServer,
  startKafka,
  type StartKafkaOptions,
} from './kafka.server.js';
export { freePort } from './ports.js';
export { resolvePostgres } from './postgres.js';
export {
  type PostgresServer,
  startPostgres,
  type StartPostgresOptions,
} from './postgres.server.js';
export { printServices } from './print.js';
export { ServiceConfigError } from './resolve.js';
export type { How, LocalServer, Progress, Resolved, ResolveOptions } from './types.js';
