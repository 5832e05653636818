/**
 * A simulated router whose packets are real: run in the network namespace that has its interfaces. Argument: its options as
 * JSON. Prints its ports and the fingerprint of its certificate as one line of JSON, and ends with its input.
 */
import { createRouterSim, noLoad, type RouterSimOptions } from '@fairlead/router-sim';

const options = JSON.parse(process.argv[2] ?? '{}') as Omit<RouterSimOptions, 'load'>;
const router = createRouterSim({ ...options, backend: 'linux', load: noLoad, tickMs: 20 });
await router.start();
process.stdout.write(`${JSON.stringify({ ports: router.ports, fingerprint: router.fingerprint256 })}\n`);
process.stdin.resume();
process.stdin.once('end', () => void router.stop());
