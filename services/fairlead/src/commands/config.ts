import { loadConfig } from '@fairlead/runtime';
import { z } from 'zod';
import { fairleadConfigSchema } from '../config.ts';

/** `fairlead config check FILE` */
export async function checkConfig(file: string): Promise<void> {
  const config = await loadConfig(fairleadConfigSchema, file, process.env);
  const wans = config.routers.reduce((sum, router) => sum + router.wans.length, 0);
  const armed = config.routers.filter((router) => router.mode === 'armed').length;
  process.stderr.write(`${file}: valid; ${config.routers.length} routers, ${wans} WANs, ${armed} armed\n`);
}

/** `fairlead config schema` */
export async function printConfigSchema(): Promise<void> {
  const schema = z.toJSONSchema(fairleadConfigSchema, { io: 'input', unrepresentable: 'any' });
  process.stdout.write(`${JSON.stringify(schema, undefined, 2)}\n`);
}
