// The study in the browser: what was fetched, and what follows from what is shown.

import { getCity, getEvents, getLayers, getLevels, getMoving, getRisk, getStorms, Trouble } from "./api";
import { countBand, damageBand, families, impactDamage, sureBand, type Measure, type Water } from "./figures";
import type { Band, City, Events, FloodEvent, Future, Impact, Layers, Levels, Moving, Risk, Rows, Storms } from "./shapes";
import { clampLevel, gauge, view } from "./state.svelte";

export interface Study {
  city: City;
  levels: Levels;
  events: Events;
  risk: Risk | null;
  layers: Layers;
  /** Which events were run hour by hour; null in a study without. */
  storms: Storms | null;
  /** Moving water beside still water; null in a study without. */
  moving: Moving | null;
}

export const study = $state.raw<{ now: Study | null; trouble: Trouble | null }>({ now: null, trouble: null });

const orNothing = (error: unknown): null => {
  if (error instanceof Trouble && error.status === 404) return null;
  throw error;
};

/** Fetch the study; the risk and the storms may be missing without taking the rest down. */
export async function fetchStudy(): Promise<Study> {
  const [city, levels, events, layers, risk, storms, moving] = await Promise.all([
    getCity(),
    getLevels(),
    getEvents(),
    getLayers(),
    getRisk().catch(orNothing),
    getStorms().catch(orNothing),
    getMoving().catch(orNothing),
  ]);
  gauge.lowest = levels.levels[0] ?? 0;
  gauge.highest = levels.levels.at(-1) ?? 5;
  view.level = clampLevel(view.level);
  return { city, levels, events, layers, risk, storms, moving: moving && "runs" in moving ? (moving as Moving) : null };
}

export const isRain = (event: FloodEvent): boolean => event.sea_peak === null && event.rain_depth > 0;
export const isSurge = (event: FloodEvent): boolean => event.sea_peak !== null;

export const futureKey = (future: Future): string => `${future.scenario}-${future.year}`;

export function eventNow(of: Study): FloodEvent | null {
  return of.events.events.find((event) => event.id === view.event) ?? null;
}

/** The word for today's sea among the futures. */
export const TODAY = "today";

/** The level of a storm on today's sea, where it is not set in a climate of its own. */
export function peakToday(event: FloodEvent): number | null {
  if (event.sea_peak === null || event.sea_peak_today === null) return null;
  return event.sea_peak_today ?? (event.year === null ? event.sea_peak : null);
}
export const canRise = (event: FloodEvent): boolean => peakToday(event) !== null;

export function futureNow(of: Study): Future | null {
  const event = eventNow(of);
  if (!event || !canRise(event)) return null;
  return of.events.futures.find((future) => futureKey(future) === view.future) ?? null;
}

/** The level of what is chosen, and the levels that it may just as well be. */
export function waterNow(of: Study): Water {
  const event = eventNow(of);
  if (!event || event.sea_peak === null) return around(view.level, view.level, view.level, 0);
  const future = futureNow(of);
  const peak = future || view.future === TODAY ? (peakToday(event) ?? event.sea_peak) : event.sea_peak;
  const rise = future?.sea_level_rise ?? { low: 0, median: 0, high: 0 };
  return around(peak + rise.low, peak + rise.median, peak + rise.high, 0);
}

function around(low: number, middle: number, high: number, error: number): Water {
  return { low: low - error, level: middle, high: high + error };
}

/** Whether it is told how unsure the level is: a single projection has no spread of its own. */
export const isBanded = (water: Water): boolean => water.high - water.low >= 0.01;

/** Widen a water by how far the heights may be wrong, for the figures' range. */
export function widened(of: Study, water: Water): Water {
  const error = of.city.height_error ?? 0;
  return water.level <= 0 ? water : around(water.low, water.level, water.high, error);
}

export const rainNow = (of: Study): FloodEvent | null => {
  const event = eventNow(of);
  return event && isRain(event) ? event : null;
};

/** The level that moving water can be shown for: one between the runs; null where there is none. */
export function movingLevel(of: Study): number | null {
  const sea = of.moving?.axes.find((axis) => axis.name === "sea_peak");
  if (!sea || rainNow(of)) return null;
  const { level } = waterNow(of);
  return level >= sea.low && level <= sea.high ? level : null;
}

/** A count at what is shown, with its range; a rain event is known only at its own value. */
export function countNow(of: Study, measure: Measure, rows: Rows, impact: Impact | undefined): Band {
  if (rainNow(of)) return sureBand(impact?.[measure] ?? 0);
  return countBand(of.levels.levels, rows[measure], widened(of, waterNow(of)));
}

export function groupNow(of: Study, group: string, rows: Rows, impact: Impact | undefined): number {
  if (rainNow(of)) return impact?.groups[group] ?? 0;
  return countBand(of.levels.levels, rows.groups[group] ?? [], waterNow(of)).mid;
}

export function damageNow(of: Study, rows: Rows, impact: Impact | undefined): Band {
  if (rainNow(of)) return impact ? impactDamage(impact) : sureBand(0);
  return damageBand(of.levels.levels, rows, widened(of, waterNow(of)));
}

export function familiesNow(of: Study, rows: Rows, impact: Impact | undefined): [string, number][] {
  if (rainNow(of)) return Object.entries(impact?.damage.families ?? {});
  return families(of.levels.levels, rows, waterNow(of).level);
}

/** Take the slider: a level of one's own leaves the named event. */
export function setLevel(level: number): void {
  view.event = "";
  view.mode = "";
  view.time = view.swipe = null;
  view.future = "";
  view.level = clampLevel(level);
}

/** Take a named event, at its own level. */
export function setEvent(of: Study, id: string): void {
  const event = of.events.events.find((e) => e.id === id);
  if (!event) {
    setLevel(waterNow(of).level);
    return;
  }
  if (id !== view.event) view.time = null;
  view.event = id;
  if (!canRise(event)) view.future = "";
}

export const shownLevel = (of: Study): number => Math.min(Math.max(waterNow(of).level, gauge.lowest), gauge.highest);
