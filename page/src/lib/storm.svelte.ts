// A storm hour by hour: which one is open, how far it has come, and what it says at that time.

import { getCourse, getStormMaps } from "./api";
import type { Pack } from "./pack";
import { count } from "./plain";
import type { Course, FloodEvent, High, Lang, StormAbout, Track, Words } from "./shapes";
import { calm, t, view } from "./state.svelte";
import { eventNow, type Study } from "./study.svelte";
import type { StormLook } from "../map/storm";

/** At speed 1 the whole storm passes in this many seconds. */
const WHOLE = 24;
/** Without motion the maps follow each other at this pace [s]. */
const STILL_PACE = 0.8;
export const SPEEDS = [0.5, 1, 2, 4] as const;

export const player = $state({ playing: false, speed: 1, utc: false });
const courses = new Map<string, Promise<Course>>();
const packs = new Map<string, Promise<Pack<StormAbout>>>();

function kept<T>(shelf: Map<string, Promise<T>>, id: string, ask: (id: string) => Promise<T>): Promise<T> {
  const there = shelf.get(id) ?? ask(id);
  shelf.set(id, there);
  there.catch(() => shelf.delete(id));
  return there;
}
export const courseOf = (id: string): Promise<Course> => kept(courses, id, getCourse);
export const mapsOf = (id: string): Promise<Pack<StormAbout>> => {
  // One storm's maps at a time: they may be tens of megabytes.
  for (const other of packs.keys()) if (other !== id) packs.delete(other);
  return kept(packs, id, getStormMaps);
};

/** The event chosen, when it was run hour by hour and is shown as it was. */
export function runNow(of: Study): FloodEvent | null {
  const event = eventNow(of);
  return event && !view.future && of.storms?.runs.some((run) => run.id === event.id) ? event : null;
}
/** Why the event chosen has no run, in words; null when it has one or nobody says. */
export function withoutRun(of: Study): Words | null {
  return of.storms?.without.find((event) => event.id === view.event)?.why ?? null;
}
/** Whether the player is open. */
export const isOpen = (of: Study): boolean => view.mode !== "" && runNow(of) !== null;

export function openStorm(): void {
  view.mode = "depth";
}
export function closeStorm(): void {
  player.playing = false;
  view.mode = "";
  view.time = null;
  view.swipe = null;
}

/** Seconds into the storm; before anybody chose a time, its high water. */
export const secondsNow = (course: Course): number =>
  Math.min(Math.max(view.time === null ? course.high.seconds : view.time * 3600, 0), course.seconds);

export const setSeconds = (course: Course, seconds: number): void => {
  view.time = Math.min(Math.max(seconds, 0), course.seconds) / 3600;
};

/** One map on or back. */
export function step(course: Course, by: number): void {
  player.playing = false;
  const now = secondsNow(course);
  const frames = course.frames;
  const next = by > 0 ? frames.find((at) => at > now + 1) : frames.findLast((at) => at < now - 1);
  setSeconds(course, next ?? (by > 0 ? course.seconds : 0));
}

/** Play from where it stands, or from the beginning when it is over or was never begun. */
export function play(course: Course): void {
  if (player.playing) {
    player.playing = false;
    return;
  }
  if (view.time === null || secondsNow(course) >= course.seconds - 1) view.time = 0;
  player.playing = true;
  let last = performance.now();
  let waited = 0;
  const tick = (now: number): void => {
    if (!player.playing) return;
    const passed = Math.min(now - last, 250) / 1000;
    last = now;
    const at = secondsNow(course);
    if (calm()) {
      waited += passed * player.speed;
      if (waited >= STILL_PACE) {
        waited = 0;
        setSeconds(course, course.frames.find((frame) => frame > at + 1) ?? course.seconds);
      }
    } else setSeconds(course, at + (passed * player.speed * course.seconds) / WHOLE);
    if (secondsNow(course) >= course.seconds) player.playing = false;
    else requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

/** What the map shows of the storm; null while it is closed. */
export function lookNow(of: Study, course: Course | null): StormLook | null {
  if (!course || !isOpen(of) || view.mode === "") return null;
  return { seconds: secondsNow(course), mode: view.mode, split: view.swipe, edges: course.arrival_edges };
}

/** A line's value at a time. */
export function valueAt(seconds: number[], values: number[], at: number): number {
  const last = seconds.length - 1;
  if (last < 0) return 0;
  if (at <= seconds[0]!) return values[0]!;
  if (at >= seconds[last]!) return values[last]!;
  let [low, high] = [0, last];
  while (high - low > 1) {
    const half = (low + high) >> 1;
    if (seconds[half]! <= at) low = half;
    else high = half;
  }
  const share = (at - seconds[low]!) / (seconds[high]! - seconds[low]! || 1);
  return values[low]! * (1 - share) + values[high]! * share;
}
export const trackAt = (track: Track, at: number): number => valueAt(track.seconds, track.values, at);

/** The sea while the storm plays, for the gauge. */
export function seaNow(of: Study, course: Course | null): number | null {
  const sea = course && isOpen(of) && view.mode === "depth" ? course.tracks.find((track) => track.kind === "sea") : null;
  return sea ? trackAt(sea, secondsNow(course!)) : null;
}

/** "2 t 30 min", rounded to whole minutes. */
export function spell(seconds: number, lang: Lang): string {
  const minutes = Math.round(Math.abs(seconds) / 60);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const h = lang === "da" ? "t" : "h";
  if (!hours) return `${rest} min`;
  return rest ? `${hours} ${h} ${rest} min` : `${hours} ${h}`;
}

const HIGHS: Record<string, Words> = {
  sea: { da: "højvande", en: "high water" },
  rain: { da: "den kraftigste regn", en: "the heaviest rain" },
  stream: { da: "åens top", en: "the stream's peak" },
};
export const highWord = (high: High): Words => HIGHS[high.kind] ?? HIGHS.stream!;

/** A moment as people say it: the clock where anybody knows it, else the time to high water. */
export function moment(course: Course, seconds: number): string {
  return course.start ? clock(course, seconds) : fromHigh(course, seconds);
}

export function fromHigh({ high }: Course, seconds: number): string {
  const off = seconds - high.seconds;
  const word = highWord(high)[view.lang];
  if (Math.abs(off) < 60) return `${t("atHigh")} ${word}`;
  return `${spell(off, view.lang)} ${t(off < 0 ? "before" : "after")} ${word}`;
}

/** The same in as few letters as an axis has room for. */
export function shortMoment(course: Course, seconds: number): string {
  if (course.start) return clock(course, seconds, true);
  const hours = (seconds - course.high.seconds) / 3600;
  const whole = Math.round(hours * 10) / 10;
  return `${whole > 0 ? "+" : whole < 0 ? "−" : ""}${Math.abs(whole).toLocaleString(view.lang === "da" ? "da-DK" : "en-GB")} ${view.lang === "da" ? "t" : "h"}`;
}

function clock(course: Course, seconds: number, brief = false): string {
  const when = new Date(Date.parse(course.start!) + 1000 * seconds);
  const zone = player.utc || !course.zone ? "UTC" : course.zone;
  const day = brief ? {} : ({ weekday: "short", day: "numeric", month: "short" } as const);
  const told = when.toLocaleString(view.lang === "da" ? "da-DK" : "en-GB", { ...day, hour: "2-digit", minute: "2-digit", timeZone: zone });
  return brief || zone !== "UTC" ? told : `${told} UTC`;
}

/** "3 huse nået, 8 mennesker deri"; people are left out where there are none. */
export function reachedSaid(houses: number, people: number): string {
  const reached = `${count(houses, view.lang)} ${t(Math.round(houses) === 1 ? "houseReached" : "housesReached")}`;
  if (people < 0.5) return reached;
  return `${reached}, ${count(people, view.lang)} ${t(Math.round(people) === 1 ? "personIn" : "peopleIn")}`;
}
