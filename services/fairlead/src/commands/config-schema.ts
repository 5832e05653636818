import { z } from 'zod';
import { fairleadConfigSchema } from '../config.ts';

/** `fairlead config schema` */
export async function printConfigSchema(): Promise<void> {
  const schema = z.toJSONSchema(fairleadConfigSchema, { io: 'input', unrepresentable: 'any' });
  process.stdout.write(`${JSON.stringify(schema, undefined, 2)}\n`);
}
