export { type AdaptiveSize, createAdaptiveSize } from './adaptive-size.ts';
export { SnmpError, type SnmpErrorKind } from './errors.ts';
export {
  createInterfacePoller,
  type InterfacePoll,
  type InterfacePoller,
  type InterfacePollerOptions,
} from './interface-poller.ts';
export type { InterfaceReading } from './interface-reading.ts';
export { compareOids, type Oid } from './oid.ts';
export type { Sensor } from './sensors/sensor.ts';
export {
  createSensorReader,
  readAllSensors,
  type SensorPart,
  type SensorReader,
  type SensorReaderOptions,
} from './sensors/sensor-reader.ts';
export type {
  AuthProtocol,
  BulkOptions,
  CallOptions,
  PrivProtocol,
  SnmpSession,
  SnmpSessionOptions,
  SnmpUser,
} from './session.ts';
export { createSnmpTransport, type SnmpTransport } from './transport.ts';
export type { DatagramFault, ExchangeEvents } from './udp-exchange.ts';
export type { SnmpValue, VarBind } from './var-bind.ts';
export { type AgentFault, type TableRows, walkTable } from './walk.ts';
