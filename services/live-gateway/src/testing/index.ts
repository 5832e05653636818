export { liveWanEvent } from '../live-event.ts';
export {
  actuation,
  appendRecords,
  runGateway,
  type RunningGateway,
  siteInventory,
  utilisation,
  wanEvent,
} from './gateway-bench.ts';
export { connectLive, type ConnectOptions, type LiveTestClient } from './live-test-client.ts';
export { createMemoryLog } from './memory-log.ts';
export { giveToken, revokeTokens } from './token-bench.ts';
