/** The line between an app and its database, which a spec can break where it wants. */
export { faultyProxy } from '../../../../libs/events/src/testing/proxy.js';
export type { Proxy } from '../../../../libs/events/src/testing/proxy.js';
