/**
 * The routers of the site, and what befalls them: links and providers that go away and come back, restarts, and senders
 * that nobody knows. `routers.child.ts JOB` tells its parent `RouterDoors[]`, in the order of the routers.
 */
import { createRouterSim, type RouterSim } from '@fairlead/router-sim';
import { createRandom } from '../../chaos/support/random.ts';
import { type RouterDoors, simulatedRouter } from './site.ts';
import { visit } from './stranger.ts';

export interface RoutersJob {
  readonly routers: number;
  readonly netflowPort: number;
  readonly syslogPort: number;
}

/** Between two steps of the routers, by the time of the site. */
const STEP_MS = 5_000;
/** How often something happens to some of them. */
const INCIDENT_MS = 300_000;
const OUTAGE_MS = 240_000;
const STRANGERS = 10;
/** So many are strange for five hours; then they come again, because the decoder remembers each for a day. */
const MOST_STRANGERS = 600;

await start(JSON.parse(process.argv[2] ?? '') as RoutersJob);

async function start(job: RoutersJob): Promise<void> {
  const sims: RouterSim[] = [];
  for (let index = 0; index < job.routers; index += 1) {
    const sim = createRouterSim(simulatedRouter(index, job));
    await sim.start();
    sims.push(sim);
  }
  process.send?.(
    sims.map(({ ports, fingerprint256 }): RouterDoors => ({
      apiTls: ports.apiTls,
      snmp: ports.snmp,
      fingerprint256,
    })),
  );
  keepPace(sims);
  trouble(sims, job);
}

/** Lets as much time pass for the routers as passes at the site, however late this process is. */
function keepPace(sims: readonly RouterSim[]): void {
  let reachedMs = performance.now();
  setInterval(() => {
    const elapsedMs = performance.now() - reachedMs;
    reachedMs += elapsedMs;
    for (const sim of sims) sim.advance(elapsedMs);
  }, STEP_MS);
}

function trouble(sims: readonly RouterSim[], job: RoutersJob): void {
  const random = createRandom(1);
  let strangers = 0;
  const outage = (change: (up: boolean) => void): void => {
    change(false);
    setTimeout(() => change(true), OUTAGE_MS);
  };
  setInterval(() => {
    const [first, second, third] = [random.pick(sims), random.pick(sims), random.pick(sims)];
    outage((up) => first.setLink('ISP1', up));
    outage((up) => second.setLink('ISP2', up));
    outage((up) => third.setUpstream('ISP1', up));
    random.pick(sims).reboot();
    for (let i = 0; i < STRANGERS; i += 1) {
      strangers = (strangers + 1) % MOST_STRANGERS;
      void visit(strangers, job, Date.now());
    }
  }, INCIDENT_MS);
}
