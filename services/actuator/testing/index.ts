export { type FaultRun, runFaults } from './fault-run.ts';
export { partMarksOf, sharedConfiguration, weightsOf } from './shared-router.ts';
export {
  markOf,
  openSteeredRouter,
  sharingWans,
  type SteeredActuator,
  type SteeredRouterSim,
  startActuator,
} from './steered-router.ts';
