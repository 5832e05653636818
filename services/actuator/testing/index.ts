export { type FaultRun, runFaults } from './fault-run.ts';
export {
  markOf,
  openSteeredRouter,
  type SteeredActuator,
  type SteeredRouterSim,
  startActuator,
} from './steered-router.ts';
