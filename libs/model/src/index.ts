export { CounterSource, InterfaceCounters } from './generated/fairlead/v1/counters.ts';
export { DeadLetter } from './generated/fairlead/v1/dead_letter.ts';
export {
  AnnouncedSamplingRate,
  AnnouncedTemplate,
  DecoderStateEntry,
  WaitingDataSet,
} from './generated/fairlead/v1/decoder_state.ts';
export { Flow, FlowDirection, SamplingSource } from './generated/fairlead/v1/flows.ts';
export { Order, OrderKind } from './generated/fairlead/v1/order.ts';
export { RawDatagram } from './generated/fairlead/v1/raw_netflow.ts';
export {
  DefaultRoute,
  LeftOut,
  NetwatchEntry,
  RouterAddress,
  RouterInterface,
  RouterState,
  RoutingTable,
  SteeringRule,
  SteeringScript,
  UnreadMenu,
} from './generated/fairlead/v1/router_state.ts';
export { WanReconciliation } from './generated/fairlead/v1/reconciliation.ts';
export { SensorReading } from './generated/fairlead/v1/sensors.ts';
export { SyslogEventField, SyslogMessage, SyslogParameter } from './generated/fairlead/v1/syslog.ts';
export { WanState } from './generated/fairlead/v1/wan_state.ts';
export {
  Actuation,
  ActuationEffect,
  Decision,
  Effect,
  Mode,
  Outcome,
  RateClock,
  Severity,
  WanEvent,
  WanUtilisation,
} from './generated/fairlead/v1/wan.ts';
export { addressFromBytes, addressToBytes } from './address.ts';
export { bitsPerSecond } from './bits-per-second.ts';
export { type Clock, systemClock } from './clock.ts';
export { countFrames, decodeFrames, encodeFrames, FrameError, type Codec } from './frames.ts';
export { eventKinds, type EventKind } from './event-kinds.ts';
export * from './inventory.ts';
export { isWithin } from './ipv6-setup.ts';
export type { RouterSetup } from './router-setup.ts';
export {
  createInventoryHolder,
  fixedInventory,
  isSame,
  type InventoryChange,
  type InventoryHolder,
  type InventorySource,
} from './inventory-source.ts';
export { createPerRouter, type PerRouter, type RouterTask } from './per-router.ts';
export {
  type ConnectionRemovalSettings,
  policyKinds,
  policySettingsSchema,
  type PolicySettings,
  type SteeringSchedule,
} from './steering-config.ts';
export { isSteeringRule } from './steering-rule.ts';
export { steersParts } from './steers-parts.ts';
export { strategyProblems } from './strategy-problems.ts';
export { readPccWeights } from './read-pcc-weights.ts';
export { routerEvent } from './router-event.ts';
export { Secret } from './secret.ts';
