export { type FaultRun, runFaults } from './fault-run.ts';
export { partMarksOf, sharedConfiguration, weightsOf } from './shared-router.ts';
export {
  markOf,
  openSteeredRouter,
  sharingWans,
  simulatedWans,
  type SteeredActuator,
  type SteeredRouterSim,
  startActuator,
} from './steered-router.ts';
export { dualStackConfiguration, ipv6RuleOf } from './dual-stack-router.ts';
