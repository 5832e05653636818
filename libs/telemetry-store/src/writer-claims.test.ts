import { describe, expect, it } from 'vitest';
import { createWriterClaims, processesOf } from './writer-claims.ts';

/** A server on which this many inserts run, one less each time it is asked. */
function busyServer(running: number) {
  const statements: string[] = [];
  let left = running;
  return {
    statements,
    execute: async (statement: string): Promise<string> => {
      statements.push(statement);
      return statement.startsWith('SELECT') ? `${left-- > 0 ? 1 : 0}\n` : '';
    },
  };
}

describe('claims of writers', () => {
  it('count only when the inserts under way have ended', async () => {
    const server = busyServer(2);
    const claims = createWriterClaims(server.execute, { pollMs: 1 });
    expect(claims.condition('t', 1)).toBeUndefined();
    await claims.claim('t', 1);
    expect(server.statements.map((statement) => statement.split(' ')[0])).toEqual([
      'INSERT',
      'SELECT',
      'SELECT',
      'SELECT',
    ]);
    expect(server.statements[1]).toContain(`startsWith(query, '/* t:1 */')`);
    expect(claims.condition('t', 1)).toContain('log_partition = 1');
    expect(claims.condition('t', 2)).toBeUndefined();
  });

  it('are not made while an insert of before does not end', async () => {
    const claims = createWriterClaims(busyServer(100).execute, { pollMs: 1, deadlineMs: 5 });
    await expect(claims.claim('t', 1)).rejects.toMatchObject({ name: 'StoreError', retriable: true });
    expect(claims.condition('t', 1)).toBeUndefined();
  });

  it('look at all replicas of a cluster', () => {
    expect(processesOf('wan')).toBe(`clusterAllReplicas('wan', system.processes)`);
  });
});
