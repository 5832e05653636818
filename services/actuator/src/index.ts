export { createActuator, type ActuatorDeps } from './actuator.ts';
export { actuatorConfigSchema, type ActuatorConfig } from './config.ts';
