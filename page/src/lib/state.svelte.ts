// What the page shows, all of it in the address, so that every view is a link.

import type { Camera } from "../map/map";
import { MODES, type Mode } from "../map/storm";
import type { Lang, Words } from "./shapes";
import { WORDS, type Word } from "./words";

export const TABS = ["impact", "course", "areas", "yearly", "data"] as const;
export type Tab = (typeof TABS)[number];
export const THEMES = ["auto", "light", "dark"] as const;
export type ThemeChoice = (typeof THEMES)[number];

/** The gauge's range, that of the levels the study computed; and the steps of its keys [m]. */
export const gauge = $state({ lowest: 0, highest: 5 });
export const STEP = 0.05;
export const LEAP = 0.5;

const asked = new URLSearchParams(location.search);

const one = <T extends string>(of: readonly T[], value: string | null, otherwise: T): T =>
  of.includes(value as T) ? (value as T) : otherwise;

function browserLanguage(): Lang {
  return (navigator.languages ?? [navigator.language]).find((l) => /^(da|en)\b/i.test(l))?.toLowerCase().startsWith("da") ? "da" : "en";
}

export const clampLevel = (value: number): number =>
  Math.round(Math.min(Math.max(Number.isFinite(value) ? value : 0, gauge.lowest), gauge.highest) * 100) / 100;

export const view = $state({
  lang: one<Lang>(["da", "en"], asked.get("lang"), browserLanguage()),
  theme: one<ThemeChoice>(THEMES, asked.get("theme"), "auto"),
  tab: one<Tab>(TABS, asked.get("tab"), "impact"),
  // Held to the gauge once the study has said how far it reaches.
  level: Number(asked.get("level") ?? 0) || 0,
  event: asked.get("event") ?? "",
  future: asked.get("future") ?? "",
  /** Whether the map shows moving water where it can. */
  moving: asked.get("moving") === "1",
  /** The path of the depth that stands on the map now. */
  poured: null as string | null,
  building: asked.get("building") ?? "",
  district: asked.get("district") ?? "",
  camera: readCamera(asked.get("map")),
  // A storm hour by hour: which map, hours from its beginning, and where still water ends.
  mode: one<Mode | "">(MODES, asked.get("mode") as Mode, ""),
  time: readNumber(asked.get("time"), 0, 1e4) as number | null,
  swipe: readNumber(asked.get("swipe"), 0, 1) as number | null,
});

function readNumber(text: string | null, low: number, high: number): number | null {
  const value = Number(text ?? NaN);
  return text && Number.isFinite(value) ? Math.min(Math.max(value, low), high) : null;
}

function readCamera(text: string | null): Camera | null {
  const [zoom, lat, lon] = (text ?? "").split("/").map(Number);
  return [zoom, lat, lon].every(Number.isFinite) && text ? { zoom: zoom!, lat: lat!, lon: lon! } : null;
}

/** The address of what is shown now. */
export function address(): string {
  const said = new URLSearchParams();
  if (asked.get("lang")) said.set("lang", view.lang);
  else if (view.lang !== browserLanguage()) said.set("lang", view.lang);
  if (view.theme !== "auto") said.set("theme", view.theme);
  if (view.tab !== "impact") said.set("tab", view.tab);
  if (view.event) said.set("event", view.event);
  else if (view.level) said.set("level", view.level.toFixed(2));
  if (view.event && view.future) said.set("future", view.future);
  if (view.event && view.mode) {
    said.set("mode", view.mode);
    if (view.time !== null) said.set("time", view.time.toFixed(2));
    if (view.swipe !== null) said.set("swipe", view.swipe.toFixed(2));
  }
  if (view.moving) said.set("moving", "1");
  if (view.building) said.set("building", view.building);
  if (view.district) said.set("district", view.district);
  if (view.camera) said.set("map", `${view.camera.zoom.toFixed(2)}/${view.camera.lat.toFixed(5)}/${view.camera.lon.toFixed(5)}`);
  const text = said.toString().replaceAll("%2F", "/");
  return location.pathname + (text ? `?${text}` : "");
}

/** Words of the page in the language chosen. */
export const t = (word: Word): string => WORDS[word][view.lang];
export const tr = (words: Words): string => words[view.lang];

export const pricesOf = (year: number): string => (view.lang === "da" ? `${year}-priser` : `${year} prices`);

const darkly = matchMedia("(prefers-color-scheme: dark)");
export const device = $state({ dark: darkly.matches });
darkly.addEventListener("change", () => (device.dark = darkly.matches));
export const isDark = (): boolean => (view.theme === "auto" ? device.dark : view.theme === "dark");
export const calm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;
