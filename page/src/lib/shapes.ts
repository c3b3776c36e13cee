// What the server answers, field by field.

export type Lang = "da" | "en";
export type Kind = "measured" | "derived" | "assumed" | "synthetic";
export type Words = Record<Lang, string>;
export interface Band { low: number; mid: number; high: number }

export interface City {
  id: string;
  name: Words;
  crs: string;
  datum: string;
  currency: string;
  bounds: [number, number, number, number];
  cell: number;
  /** How far heights in the low town may be wrong [m]; drawn as uncertainty where it is told. */
  height_error?: number;
  layers: LayerSource[];
  districts: { id: string; name: string }[];
  groups: { id: string; name: Words }[];
}
export interface LayerSource {
  layer: string;
  kind: Kind;
  source: string;
  licence: string;
  date: string;
  note: string;
  count: number | null;
}

/** Figures as numbers (one event) or as rows by level. */
export interface Figures<T> {
  buildings: T;
  homes: T;
  people: T;
  groups: Record<string, T>;
  road_km: T;
  places: T;
  cut_from_care: T;
  damage: { low: T; mid: T; high: T; families: Record<string, T> };
}
export type Impact = Figures<number>;
export type Rows = Figures<number[]>;
export interface Levels {
  levels: number[];
  all: Rows;
  districts: Record<string, Rows>;
  /** Figures that the city has no layers for: their noughts mean "not known". */
  unknown?: string[];
}

export interface FloodEvent {
  id: string;
  name: Words;
  kind: Kind;
  source: string;
  sea_peak: number | null;
  /** The same storm on today's sea; null when it is set in a climate of its own. */
  sea_peak_today?: number | null;
  rain_depth: number;
  rate: number | null;
  year: number | null;
  /** What the event also does that the engine behind these figures cannot tell, such as "streams". */
  left_out?: string[];
  impact: Impact;
  districts: Record<string, Impact>;
}
export interface Future {
  scenario: string;
  name: Words;
  year: number;
  sea_level_rise: { low: number; median: number; high: number };
  rain_factor: number;
}
export interface Events { events: FloodEvent[]; futures: Future[] }

export interface Risk {
  currency: string;
  price_year: number;
  ead: Band & { families: Record<string, number> };
  families?: { id: string; name: Words; ead: Band; source: string }[];
  futures: { scenario: string; year: number; ead: Band }[];
  by_rarity?: Rarity[];
  present_value: (Partial<Band> & { years?: number; name?: Words }) | null;
  curve: { return_period: number; level: Band }[];
  comparison: Comparison[];
}
/** What moving water costs beside still water, read between runs hour by hour. */
export interface Moving {
  currency: string;
  price_year: number;
  runs: number;
  checks: number;
  axes: { name: string; words: Words; unit: string; low: number; high: number }[];
  yearly: { id: "sea" | "streams"; still: Band | null; moving: Band; beyond: number }[];
  events: { id: string; name: Words; still: Band | null; moving: Band; rain: boolean; beyond: string[] }[];
  words: Words[];
  caution: Words | null;
}
/** The part of the yearly damage that comes from water of some return periods [years]. */
export interface Rarity {
  from: number | null;
  to: number | null;
  share: number;
}
export interface Comparison {
  what: Words;
  published: number;
  /** The same in our money and price year, where it is money. */
  published_now?: number | null;
  unit: string;
  price_year?: number | null;
  ours: Band;
  why: Words | Words[];
  source: string;
}

export interface Layers {
  fingerprint: string;
  city: string;
  cell: number;
  thinned: number;
  bounds: [number, number, number, number];
  /** Where to look first, when the study says. */
  focus: [number, number, number, number] | null;
  never: number;
  sea_bit: number;
  known_bit: number;
  kinds: Record<string, Kind>;
  files: Record<string, { bytes: number; count: number }>;
}

export interface BuildingAnswer {
  id: string;
  use: string;
  kind: Kind;
  name: string;
  district: string;
  level: number;
  ground: number | null;
  floor: number | null;
  connection: number | null;
  depth: number;
  above_floor: number | null;
  residents: number;
  damage: Record<string, number>;
  words: Record<Lang, string[]>;
}

/** The header of a storm's maps. */
export interface StormAbout {
  ny: number;
  nx: number;
  seconds: number[];
  never: number;
  deepest: number;
}
export type TrackKind = "sea" | "rain" | "stream" | "gate" | "pump" | "flow";
export interface Track {
  id: string;
  name: Words;
  kind: TrackKind;
  unit: "m" | "mm/h" | "m3/s";
  seconds: number[];
  values: number[];
  /** Of a gate: when it was shut, or when nothing passed where its leaf is not told. */
  shut?: [number, number][];
  told?: boolean;
}
/** The moment that the time of a storm is told from, such as its high water. */
export interface High { kind: TrackKind; seconds: number; value: number }
export interface StormPlace {
  id: string;
  name: string;
  arrival: number | null;
  depth: number;
  people: number;
  cars: number;
  danger: number;
}
export interface Course {
  id: string;
  name: Words;
  seconds: number;
  frames: number[];
  /** When it began, in UTC, and the time zone of the place, where anybody knows. */
  start: string | null;
  zone: string | null;
  high: High;
  tracks: Track[];
  reached: { seconds: number[]; buildings: number[]; floors: number[]; people: number[] };
  /** Land under water at each frame [m2]. */
  area: number[];
  arrival_edges: number[];
  classes: Record<"people" | "cars", { class: number; name: Words }[]>;
  compare: {
    both: number;
    only_still: number;
    only_moving: number;
    mean: number | null;
    spread: number | null;
    needed: number | null;
    words: Words[];
  };
  places: (StormPlace & { use: string; still: number })[];
  districts: (StormPlace & { area: number; still: number; buildings: number; residents: number })[];
  balance: Record<"start" | "rain" | "inflows" | "levels" | "open_edges" | "infiltration" | "sewer" | "end" | "error", number>;
  cautions: { what: string; words: Words; share: number; worst: number; place: [number, number] }[];
  engine: { cell: number; cells: number; steps: number; cell_updates: number; wall_seconds: number; cpu_seconds: number };
}
export interface Storms {
  runs: { id: string; name: Words; seconds: number; bytes: number; high: High }[];
  without: { id: string; why: Words }[];
}
