import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { loadConfig } from '@fairlead/runtime';
import { requirement, temporaryFolder } from '@fairlead/testkit';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkConfig } from '../../services/fairlead/src/commands/config-check.ts';
import { serviceNames } from '../../services/fairlead/src/services.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

interface Container {
  readonly image: string;
  readonly build?: { readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

interface Compose {
  readonly services: Readonly<Record<string, Container>>;
  readonly volumes: Readonly<Record<string, null>>;
}

const readYaml = (name: string): Promise<unknown> => loadConfig(z.unknown(), join(root, name), {});

async function readCompose(): Promise<Compose> {
  const { services, volumes } = (await readYaml('docker-compose.yml')) as Compose;
  const merged = Object.entries(services).map(([name, container]) => [
    name,
    { ...(container as { readonly '<<'?: Container })['<<'], ...container },
  ]);
  return { services: Object.fromEntries(merged) as Compose['services'], volumes };
}

const compose = await readCompose();

describe('docker-compose.yml', () => {
  it('runs every service as a process of its own, as nobody in particular and on a root that it cannot write', () => {
    for (const name of serviceNames) {
      const container = compose.services[name];
      expect(container?.command?.slice(-2), name).toEqual(['--services', name]);
      expect(container, name).toMatchObject({ user: '1000:1000', read_only: true, cap_drop: ['ALL'] });
      expect(container?.build?.dockerfile, name).toBe('deploy/container/Containerfile');
    }
  });

  it('asks every container how it is, and waits for those that say', () => {
    for (const [name, { healthcheck, depends_on: waitsFor = {} }] of Object.entries(compose.services)) {
      expect(healthcheck?.test[0], name).toBe('CMD');
      for (const [other, { condition }] of Object.entries(waitsFor)) {
        expect(condition, name).toBe('service_healthy');
        expect(compose.services, name).toHaveProperty(other);
      }
    }
  });

  it('mounts what there is', () => {
    const mounts = Object.values(compose.services).flatMap(({ volumes = [] }) => volumes);
    for (const [source = ''] of mounts.map((mount) => mount.split(':'))) {
      if (source.startsWith('.')) expect(existsSync(join(root, source)), source).toBe(true);
      else expect(compose.volumes).toHaveProperty(source);
    }
  });

  it('gives them a configuration that is valid', async () => {
    const options = { live: false, timeout: 1_000 };
    expect(await checkConfig(join(root, 'deploy/compose/fairlead.yaml'), options)).toBe(0);
  });
});

const systemd = requirement('systemd-analyze');

describe('the systemd units', () => {
  it('are sound, as systemd sees it', async (ctx) => {
    if (!systemd.met) return ctx.skip(systemd.reason);
    const folder = temporaryFolder();
    const units = readdirSync(join(root, 'deploy/systemd')).filter((name) => name.endsWith('.service'));
    expect(units).toHaveLength(2);
    for (const name of units) {
      const unit = read(`deploy/systemd/${name}`);
      // systemd looks whether the program is there, and Node.js may be elsewhere here.
      const here = unit.replace('ExecStart=/usr/bin/node ', `ExecStart=${process.execPath} `);
      expect(here).toContain(process.execPath);
      writeFileSync(join(folder.path, name.replace('@', '@flow-decoder')), here);
    }
    const files = readdirSync(folder.path).map((name) => join(folder.path, name));
    const { stdout, stderr } = await promisify(execFile)('systemd-analyze', ['verify', '--man=no', ...files]);
    const said = `${stdout}${stderr}`.split('\n').filter((line) => line.includes(folder.path));
    expect(said).toEqual([]);
    folder.remove();
  });
});

describe('dashboards and alerts', () => {
  const sources = ['libs', 'services']
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name, 'src')))
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(folder, name),
      ),
    )
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map(read)
    .join('\n');

  it.each(['deploy/grafana/dashboards/fairlead.json', 'deploy/prometheus/fairlead-alerts.yml'])(
    '%s asks for metrics that there are',
    (name) => {
      const asked = new Set(read(name).match(/fairlead_[a-z_]+/g));
      const metrics = [...asked].map((metric) => metric.replace(/_bucket$/, ''));
      expect(metrics.length).toBeGreaterThan(3);
      const made = (metric: string): boolean =>
        sources.includes(metric) ||
        /^fairlead_(received|stored|dropped)_total$|^fairlead_spool_bytes$/.test(metric);
      expect(metrics.filter((metric) => !made(metric))).toEqual([]);
    },
  );

  it('scrape every service by a name that it answers to', async () => {
    const prometheus = (await readYaml('deploy/prometheus/prometheus.yml')) as {
      readonly scrape_configs: readonly [
        { readonly static_configs: readonly [{ readonly targets: readonly string[] }] },
      ];
    };
    const config = (await readYaml('deploy/compose/fairlead.yaml')) as {
      readonly http: { readonly hosts: readonly string[] };
    };
    const wanted = serviceNames.toSorted();
    expect(prometheus.scrape_configs[0].static_configs[0].targets.toSorted()).toEqual(
      wanted.map((name) => `${name}:8080`),
    );
    expect(config.http.hosts.toSorted()).toEqual(wanted);
  });
});
