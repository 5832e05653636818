/**
 * A simulated router whose packets are real: run in the network namespace that has its interfaces. Arguments: its options as
 * JSON, and RouterOS text that it runs first. Prints its ports and the fingerprint of its certificate as one line of JSON, and
 * ends with its input.
 */
import { createRouterSim, noLoad, type RouterSimOptions } from '@fairlead/router-sim';

const [, , optionsJson = '{}', script = ''] = process.argv;
const options = JSON.parse(optionsJson) as Omit<RouterSimOptions, 'load'>;
const router = createRouterSim({ ...options, backend: 'linux', load: noLoad, tickMs: 20 });
router.runScript(script);
await router.start();
process.stdout.write(`${JSON.stringify({ ports: router.ports, fingerprint: router.fingerprint256 })}\n`);
process.stdin.resume();
process.stdin.once('end', () => void router.stop());
