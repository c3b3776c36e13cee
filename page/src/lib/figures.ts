// What a level does: the rows of the study read between its levels, with how sure we are.

import type { Band, Impact, Rows } from "./shapes";

/** Straight between the levels that were computed, the end value outside them. */
export function at(levels: number[], row: number[], level: number): number {
  const last = levels.length - 1;
  if (last < 0) return 0;
  if (level <= levels[0]!) return row[0] ?? 0;
  if (level >= levels[last]!) return row[last] ?? 0;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const half = (low + high) >> 1;
    if (levels[half]! <= level) low = half;
    else high = half;
  }
  const share = (level - levels[low]!) / (levels[high]! - levels[low]!);
  return (row[low] ?? 0) * (1 - share) + (row[high] ?? 0) * share;
}

export type Measure = "people" | "homes" | "buildings" | "places" | "road_km" | "cut_from_care";

/** The level we show, and the levels it may just as well be. */
export interface Water { level: number; low: number; high: number }

export function countBand(levels: number[], row: number[], water: Water): Band {
  return { low: at(levels, row, water.low), mid: at(levels, row, water.level), high: at(levels, row, water.high) };
}

export function damageBand(levels: number[], rows: Rows, water: Water): Band {
  const { low, mid, high } = rows.damage;
  return { low: at(levels, low, water.low), mid: at(levels, mid, water.level), high: at(levels, high, water.high) };
}

export function families(levels: number[], rows: Rows, level: number): [string, number][] {
  return Object.entries(rows.damage.families).map(([name, row]) => [name, at(levels, row, level)]);
}

export const sureBand = (value: number): Band => ({ low: value, mid: value, high: value });

export function impactDamage(impact: Impact): Band {
  const { low, mid, high } = impact.damage;
  return { low, mid, high };
}
