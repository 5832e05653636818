import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, loadConfig } from './config.ts';

const schema = z.strictObject({
  http: z.strictObject({ port: z.int().default(8080) }).prefault({}),
  routers: z
    .array(
      z.strictObject({
        name: z.string(),
        mode: z.enum(['observe', 'armed']).optional(),
        tls: z.union([z.literal(false), z.strictObject({ ca: z.string() })]).optional(),
      }),
    )
    .default([]),
});

const problems = async (text: string, environment = {}): Promise<readonly string[]> => {
  try {
    await loadConfig(schema, { file: 'f.yaml', text }, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('loadConfig', () => {
  it('fills defaults and takes ${NAME} from the environment', async () => {
    const config = await loadConfig(
      schema,
      { file: 'f.yaml', text: 'routers:\n  - name: ${N}\n' },
      { N: 'gw1' },
    );
    expect(config).toEqual({ http: { port: 8080 }, routers: [{ name: 'gw1' }] });
  });

  it('accepts an empty file', async () => {
    expect(await problems('')).toEqual([]);
  });

  it('points at an unknown key and names the likely one', async () => {
    expect(await problems('http:\n  prot: 1\n')).toEqual([
      'f.yaml:2:3: http: unknown key "prot"; did you mean "port"?',
    ]);
  });

  it('names the known keys when none is near', async () => {
    expect(await problems('routers:\n  - name: a\n    colour: red\n')).toEqual([
      'f.yaml:3:5: routers.0: unknown key "colour"; known here: name, mode, tls',
    ]);
  });

  it('points at a value of the wrong type', async () => {
    expect(await problems('http:\n  port: many\n')).toEqual([
      'f.yaml:2:9: http.port: expected a number, found text',
    ]);
  });

  it('says which words there are', async () => {
    expect(await problems('routers:\n  - name: a\n    mode: on\n')).toEqual([
      'f.yaml:3:11: routers.0.mode: expected one of "observe", "armed"',
    ]);
  });

  it('points at the nearest parent of what is missing', async () => {
    expect(await problems('routers:\n  - tls: false\n')).toEqual([
      'f.yaml:2:5: routers.0.name: missing; expected text',
    ]);
  });

  it('says which environment variable is missing', async () => {
    expect(await problems('routers:\n  - name: ${NOPE}\n')).toEqual([
      'f.yaml:2:11: environment variable NOPE is not set; set it, or write the value here',
    ]);
  });

  it('reports broken YAML with its position', async () => {
    const [problem] = await problems('http: [1\n');
    expect(problem).toMatch(/^f\.yaml:\d+:\d+: /);
  });
});
