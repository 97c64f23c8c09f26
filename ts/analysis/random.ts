/** Pseudo-random numbers that are the same on every machine, for resampling. */

/** Numbers in [0, 1) from a 32-bit seed (Mulberry32 by Tommy Ettinger; period 2^32, ample for resampling). */
export function makeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
