export {
  markOf,
  openSteeredRouter,
  type SteeredActuator,
  type SteeredRouterSim,
  startActuator,
} from './steered-router.ts';
