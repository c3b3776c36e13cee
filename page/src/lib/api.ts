// Owns every request: this page asks its own server and nobody else.

import { readPack, type Pack } from "./pack";
import type { BuildingAnswer, City, Course, Events, Layers, Levels, Moving, Risk, StormAbout, Storms } from "./shapes";

/** What went wrong, in the words of the server where it has some. */
export class Trouble extends Error {
  constructor(
    readonly status: number,
    readonly expected: string,
    readonly got: string,
    readonly todo: string,
  ) {
    super(`${expected}: ${got}. ${todo}`);
  }
}

async function ask(path: string, signal?: AbortSignal): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`api/${path}`, signal ? { signal } : {});
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Trouble(0, "", "", "");
  }
  if (answer.ok) return answer;
  const said = (await answer.json().catch(() => ({}))) as Partial<Record<"expected" | "got" | "do", string>>;
  throw new Trouble(answer.status, said.expected ?? path, said.got ?? String(answer.status), said.do ?? "");
}

const json = async <T>(path: string, signal?: AbortSignal): Promise<T> => (await (await ask(path, signal)).json()) as T;

export const getCity = (): Promise<City> => json("city");
export const getLevels = (): Promise<Levels> => json("levels");
export const getEvents = (): Promise<Events> => json("events");
export const getRisk = (): Promise<Risk> => json("risk");
export const getLayers = (): Promise<Layers> => json("layers");
export const getMoving = (): Promise<Moving | Record<string, never>> => json("moving");
export const getStorms = (): Promise<Storms> => json("storms");
export const getCourse = (event: string): Promise<Course> => json(`storms/${encodeURIComponent(event)}`);
export const getStormMaps = async (event: string): Promise<Pack<StormAbout>> =>
  readPack<StormAbout>(await (await ask(`storms/${encodeURIComponent(event)}/maps.pack`)).arrayBuffer());
export const getPack = async <About>(name: string): Promise<Pack<About>> =>
  readPack<About>(await (await ask(`${name}.pack`)).arrayBuffer());
export const getLayer = (name: string): Promise<GeoJSON.FeatureCollection> => json(`layers/${name}.geojson`);
export const getBuilding = (id: string, level: number, signal?: AbortSignal): Promise<BuildingAnswer> =>
  json(`buildings/${encodeURIComponent(id)}?level=${level.toFixed(2)}`, signal);

/** Where the depth of an event is, and that of moving water when the sea reaches a level. */
export const depthOfEvent = (event: string): string => `events/${encodeURIComponent(event)}/depth.png`;
export const depthOfMoving = (level: number): string => `moving/depth.png?sea_peak=${level.toFixed(2)}`;

/** A depth on the ground's frame, one grey value a cell [cm]. */
export async function getDepth(path: string): Promise<ImageBitmap> {
  const blob = await (await ask(path)).blob();
  return createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
}
