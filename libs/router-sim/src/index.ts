export type { Faults } from './faults.ts';
export type {
  ConnectionReading,
  InterfaceReading,
  Kernel,
  KernelObserver,
  ModelKernel,
  RuleCounters,
} from './kernel/kernel.ts';
export {
  arrivalsFor,
  demoLoad,
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
export type { CreateRouterSim, ReceivedSentence, RouterSim } from './router-sim.ts';
