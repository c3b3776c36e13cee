// The map's colours, read from the same CSS tokens as everything else.

export type Rgb = [number, number, number];

const NAMES = [
  "ground", "land", "land-high", "sea", "coast", "shade", "light",
  "green", "wood", "stream", "road", "road-edge", "rail", "building", "building-edge",
  "building-wet", "building-in", "label", "label-halo", "district", "place", "accent",
  "depth-1", "depth-2", "depth-3", "depth-4", "depth-5",
  "danger-1", "danger-2", "danger-3", "danger-4",
  "arrival-1", "arrival-2", "arrival-3", "arrival-4", "arrival-5",
  "less-1", "less-2", "less-3", "more-1", "more-2", "more-3",
] as const;
export type Colour = (typeof NAMES)[number];
export type Theme = Record<Colour, string>;

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(
    NAMES.map((name) => [name, style.getPropertyValue(name === "accent" ? "--accent" : `--map-${name}`).trim()]),
  ) as Theme;
}

export function rgb(hex: string): Rgb {
  const digits = hex.slice(1);
  const value = parseInt(digits.length === 3 ? digits.replace(/./g, "$&$&") : digits, 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}

export type Palette = Record<Colour, Rgb>;
export const palette = (theme: Theme): Palette =>
  Object.fromEntries(Object.entries(theme).map(([name, hex]) => [name, rgb(hex)])) as Palette;
