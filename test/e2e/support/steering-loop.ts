import { actuatorConfigSchema, createActuator } from '@fairlead/actuator';
import { createEmbeddedLog } from '@fairlead/event-log';
import {
  Actuation,
  Decision,
  decodeFrames,
  fixedInventory,
  type Inventory,
  systemClock,
} from '@fairlead/model';
import { createRouterosCollector, routerosCollectorConfigSchema } from '@fairlead/routeros-collector';
import { createTelemetry } from '@fairlead/runtime';
import { temporaryFolder } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { createWanProcessor, wanProcessorConfigSchema } from '@fairlead/wan-processor';

/** Collector, processor and actuator on a log of their own, and what they have decided and done so far. */
export interface SteeringLoop {
  readonly decisions: readonly Decision[];
  readonly actuations: readonly Actuation[];
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** @param collector settings of the collector beside the defaults */
export async function openSteeringLoop(inventory: Inventory, collector: object): Promise<SteeringLoop> {
  const folder = temporaryFolder();
  const log = await createEmbeddedLog({ directory: folder.path });
  const deps = {
    ...{ log, inventory: fixedInventory(inventory), clock: systemClock },
    telemetry: createTelemetry({ level: 'silent' }),
  };
  const components = [
    createActuator(actuatorConfigSchema.parse({ maxDecisionAgeMs: 60_000 }), {
      ...deps,
      instance: 'fairlead-1',
    }),
    createWanProcessor(wanProcessorConfigSchema.parse({}), deps),
    createRouterosCollector(routerosCollectorConfigSchema.parse(collector), deps),
  ];
  await log.ensureTopics(Object.values(topics));
  const decisions: Decision[] = [];
  const actuations: Actuation[] = [];
  const following = await log.subscribe({
    topics: [topics.decisions.name, topics.actuations.name],
    startAt: 'earliest',
    async onBatch({ topic, records }) {
      for (const { value } of records) {
        if (topic === topics.decisions.name) decisions.push(...decodeFrames(Decision, value));
        else actuations.push(...decodeFrames(Actuation, value));
      }
    },
    onError: (error) => {
      throw error;
    },
  });
  return {
    decisions,
    actuations,
    async start() {
      for (const component of components) await component.start();
    },
    async stop() {
      for (const component of components.toReversed()) await component.stop();
      await following.stop();
      await log.close();
      folder.remove();
    },
  };
}
