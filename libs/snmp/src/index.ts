export { SnmpError, type SnmpErrorKind } from './errors.ts';
export {
  createInterfacePoller,
  type InterfacePoll,
  type InterfacePoller,
  type InterfaceReading,
} from './interface-poller.ts';
export type { Oid } from './oid.ts';
export { createSnmpSession, type SnmpSession, type SnmpSessionOptions } from './session.ts';
export type { SnmpValue, VarBind } from './var-bind.ts';
