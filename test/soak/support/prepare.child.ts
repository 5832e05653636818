/**
 * Makes an empty log and store whose retention is that of the soak, before the program opens them:
 * `prepare.child.ts DATA_DIRECTORY`, with the simulated time in the environment.
 */
import { join } from 'node:path';
import { createEmbeddedLog } from '@fairlead/event-log';
import { stateTopic } from '@fairlead/flow-decoder';
import { prepareStore } from '@fairlead/telemetry-store/testing';
import { topics } from '@fairlead/topics';
import { scaledStatement, scaledTopic } from './scaled-retention.ts';
import { SIMULATED_TIME_VARIABLE, type SimulatedTime } from './simulated-time.ts';

const [dataDirectory = ''] = process.argv.slice(2);
const time = JSON.parse(process.env[SIMULATED_TIME_VARIABLE] ?? '') as SimulatedTime;
const log = await createEmbeddedLog({ directory: join(dataDirectory, 'log') });
await log.ensureTopics([...Object.values(topics), stateTopic].map(scaledTopic));
await log.close();
await prepareStore(join(dataDirectory, 'store'), (statement) => scaledStatement(statement, time));
