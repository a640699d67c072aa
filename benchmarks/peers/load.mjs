// The client of the benchmark, the same for each peer and as the engine's own (benchmarks/Bench/Engine/Load.cs).
// A peer gives approveOne(title, thinking): starts the workflow, waits until it asks, thinks for so many milliseconds, decides, waits for
// the end, checks the result, and says how many milliseconds it took from the decision to the known end.
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';

export const expected = (title) => `${title}: approved by Ada, published`;

// Resolved by the workflow's first step: how the person learns that an approval is wanted.
const waiting = new Map();
export const asked = (title) => new Promise((resolve) => waiting.set(title, resolve));
export function announce(title) {
  waiting.get(title)?.();
  waiting.delete(title);
}

export function check(title, result) {
  if (result !== expected(title)) throw new Error(`a wrong result of ${title}: ${JSON.stringify(result)}`);
}

// From the decision to the known, checked end.
export async function timed(title, thinking, decide, end) {
  if (thinking > 0) await pause(thinking);
  const began = performance.now();
  await decide();
  check(title, await end());
  return performance.now() - began;
}

async function throughput(approveOne, inFlight, warmUp, window) {
  const name = `load-${inFlight}`;
  const began = performance.now();
  let finished = 0;
  await Promise.all(Array.from({ length: inFlight }, async (_, one) => {
    for (let round = 0; performance.now() - began < warmUp + window; round++) {
      await approveOne(`${name}-${one}-${round}`, 0);
      const at = performance.now() - began;
      if (at >= warmUp && at < warmUp + window) finished++;
    }
  }));
  return finished / (window / 1000);
}

async function latencies(approveOne, warmUp, window) {
  const name = 'single';
  const began = performance.now();
  const samples = [];
  for (let number = 0; performance.now() - began < warmUp + window; number++) {
    const took = await approveOne(`${name}-${number}`, 10);
    if (performance.now() - began > warmUp) samples.push(took);
  }
  samples.sort((a, b) => a - b);
  const at = (share) => samples[Math.max(0, Math.ceil(share * samples.length) - 1)];
  return { count: samples.length, median: at(0.5), p99: at(0.99) };
}

// One line of JSON, for benchmarks/Bench/Peers/PeerProcess.cs.
export async function measure(approveOne, { warmUp, window }) {
  const single = await latencies(approveOne, warmUp, window);
  const few = await throughput(approveOne, 32, warmUp, window);
  const many = await throughput(approveOne, 256, warmUp, window);
  console.log(JSON.stringify({ throughput: { 32: few, 256: many }, single }));
}
