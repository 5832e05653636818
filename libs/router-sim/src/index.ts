export type { Faults } from './faults.ts';
export type {
  ConnectionReading,
  InterfaceReading,
  Kernel,
  KernelObserver,
  RuleCounters,
} from './kernel/kernel.ts';
export {
  arrivalsFor,
  demoLoad,
  idleLoad,
  noLoad,
  steadyLoad,
  type Arrivals,
  type ConnectionKind,
  type LoadPhase,
  type LoadScenario,
} from './load.ts';
export type {
  NetflowTarget,
  Policy,
  RouterSimOptions,
  SimulatedUser,
  SimulatedWan,
  SyslogTarget,
} from './options.ts';
export { createRouterSim, type ReceivedSentence, type RouterSim } from './router-sim.ts';
export { behaviours, type Behaviour, type Evidence } from './evidence.ts';
