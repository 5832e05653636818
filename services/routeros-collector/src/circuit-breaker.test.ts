import { describe, expect, it } from 'vitest';
import { createCircuitBreaker } from './circuit-breaker.ts';

/** Without chance: pauses are as long as they can be. */
const breaker = (random = 1) =>
  createCircuitBreaker({ openAfter: 3, baseMs: 500, maxMs: 30_000, refusedMs: 60_000 }, () => random);

describe('the circuit of a router', () => {
  it('opens after failures in a row, and its pauses double up to a limit', () => {
    const circuit = breaker();
    const seen = Array.from({ length: 9 }, () => {
      circuit.trying();
      return [circuit.failed(false), circuit.state];
    });
    expect(seen.map(([pause]) => pause)).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
    ]);
    expect(seen.map(([, state]) => state)).toEqual(['closed', 'closed', ...Array<string>(7).fill('open')]);
  });

  it('is half-open for one try, and open again when that fails', () => {
    const circuit = breaker();
    for (let i = 0; i < 3; i += 1) circuit.failed(false);
    circuit.trying();
    expect(circuit.state).toBe('half-open');
    expect(circuit.failed(false)).toBe(4_000);
    expect(circuit.state).toBe('open');
  });

  it('forgets failures only when it has been steady', () => {
    const circuit = breaker();
    for (let i = 0; i < 3; i += 1) circuit.failed(false);
    circuit.trying();
    circuit.steady();
    expect([circuit.state, circuit.failures]).toEqual(['closed', 0]);
    expect(circuit.failed(false)).toBe(500);
  });

  it('opens at the first refusal, and waits so long that no router counts the tries', () => {
    const circuit = breaker();
    const pauses = Array.from({ length: 6 }, () => {
      circuit.trying();
      return circuit.failed(true);
    });
    expect(circuit.state).toBe('open');
    expect(pauses).toEqual([60_000, 120_000, 240_000, 480_000, 960_000, 960_000]);
  });

  it('leaves up to half of a pause to chance', () => {
    expect(breaker(0).failed(true)).toBe(30_000);
  });
});
