// Owns the map: the only module that speaks with MapLibre.

import { Map as MapLibre, MercatorCoordinate, ScaleControl, setWorkerUrl, type GeoJSONSource, type LngLat } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import "maplibre-gl/dist/maplibre-gl.css";
import { getDepth, getLayer, getPack } from "../lib/api";
import type { Pack } from "../lib/pack";
import type { Layers, StormAbout } from "../lib/shapes";
import type { About, Building, Buildings } from "./buildings";
import type { Eye } from "./gl";
import type { Water } from "./ground";
import { Scene } from "./scene";
import { style } from "./style";
import { readTheme } from "./theme";

setWorkerUrl(workerUrl);

export interface Camera { zoom: number; lat: number; lon: number }

export interface CityMap {
  flood(water: Water): void;
  /** Show the depth that a path of the API gives, or null for the sea alone. */
  pour(path: string | null): Promise<void>;
  /** Take the maps of a storm, or null: then `flood` shows the sea by its level again. */
  storm(pack: Pack<StormAbout> | null): void;
  choose(building: Building | null): void;
  district(id: string): void;
  find(id: string): Building | null;
  retheme(): void;
  relabel(label: string): void;
  resize(): void;
  home(): void;
  zoom(by: number): void;
  goTo(place: [number, number], zoom?: number): void;
  picture(): string;
}

export interface Told {
  layers: Layers;
  ground: Promise<Pack<Layers>>;
  camera: Camera | null;
  calm: boolean;
  label: string;
  onMoved(camera: Camera): void;
  onBuilding(building: Building | null): void;
  onLost(): void;
}

type Box = [number, number, number, number];
const emptyCollection: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

export async function makeMap(below: HTMLCanvasElement, container: HTMLElement, told: Told): Promise<CityMap> {
  const { layers } = told;
  const scene = new Scene(below, readTheme(), layers.kinds, () => performance.mark("first-map"));
  below.addEventListener("webglcontextlost", told.onLost);
  const lines = Promise.all([getLayer("roads"), getLayer("streams"), getLayer("green")]);
  const houses = getPack<About>("buildings");
  const map = overlay(container, told);
  // Fitted to the container by MapLibre itself, so both canvases always see with one eye.
  map.on("render", () => see(map, scene));
  map.on("move", () => see(map, scene));
  see(map, scene);
  const ground = scene.setGround(await told.ground);
  const loaded = map.loaded() ? Promise.resolve() : new Promise<void>((done) => void map.once("load", () => done()));
  scene.setLines(...(await lines));
  const buildings = scene.setBuildings(await houses);
  await loaded;
  listen(map, buildings, told);
  if (!map.loaded()) await new Promise<void>((done) => void map.once("idle", () => done()));

  let poured: string | null = null;
  return {
    flood: (water) => scene.flood(water),
    async pour(path) {
      if (path === poured) return;
      poured = path;
      const depth = path ? await depthOf(path, ground.nx, ground.ny) : null;
      if (path === poured) scene.pour(depth);
    },
    storm: (pack) => scene.storm(pack),
    choose(building) {
      (map.getSource("chosen") as GeoJSONSource).setData(building ? building.outline : emptyCollection);
    },
    district(id) {
      map.setFilter("district-chosen", ["==", ["get", "id"], id]);
    },
    find: (id) => buildings.find(id),
    retheme() {
      const next = readTheme();
      scene.paint(next);
      for (const layer of style(next).layers)
        for (const [name, value] of Object.entries(layer.paint ?? {})) map.setPaintProperty(layer.id, name as never, value as never);
    },
    relabel: (label) => map.getCanvas().setAttribute("aria-label", label),
    resize: () => map.resize(),
    home: () => map.fitBounds(layers.bounds, { padding: 0, animate: !told.calm }),
    zoom: (by) => map.zoomTo(map.getZoom() + by, { animate: !told.calm }),
    goTo: (place, zoom) => map.easeTo({ center: place, zoom: Math.max(map.getZoom(), zoom ?? 15.5), animate: !told.calm }),
    picture() {
      const both = document.createElement("canvas");
      const ground = scene.finest();
      [both.width, both.height] = [ground.width, ground.height];
      const draw = both.getContext("2d")!;
      draw.drawImage(ground, 0, 0);
      map.redraw();
      draw.drawImage(map.getCanvas(), 0, 0, both.width, both.height);
      return both.toDataURL("image/png");
    },
  };
}

function overlay(container: HTMLElement, told: Told): MapLibre {
  const [w, s, e, n] = told.layers.bounds;
  const margin = 0.15;
  const map = new MapLibre({
    container,
    style: style(readTheme()),
    ...(told.camera
      ? { center: [told.camera.lon, told.camera.lat] as [number, number], zoom: told.camera.zoom }
      : { bounds: (told.layers.focus ?? told.layers.bounds) as Box }),
    maxBounds: [w - margin * (e - w), s - margin * (n - s), e + margin * (e - w), n + margin * (n - s)],
    maxZoom: 19,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxPitch: 0,
    fadeDuration: 0,
    reduceMotion: told.calm,
    canvasContextAttributes: { antialias: false },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new ScaleControl({ maxWidth: 110 }), "bottom-right");
  map.getCanvas().setAttribute("aria-label", told.label);
  map.getCanvas().addEventListener("webglcontextlost", told.onLost);
  return map;
}

let seen = "";
/** Show the scene what the map sees; nothing when that has not changed. */
function see(map: MapLibre, scene: Scene): void {
  const { lng, lat } = map.getCenter();
  const box = map.getContainer();
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const now = [lng, lat, map.getZoom(), box.clientWidth, box.clientHeight, ratio].join();
  if (now === seen) return;
  seen = now;
  const middle = MercatorCoordinate.fromLngLat([lng, lat]);
  const eye: Eye = {
    x: middle.x,
    y: middle.y,
    world: 512 * 2 ** map.getZoom(),
    width: box.clientWidth,
    height: box.clientHeight,
    zoom: map.getZoom(),
    ratio,
  };
  scene.look(eye);
}

function listen(map: MapLibre, buildings: Buildings, told: Told): void {
  map.on("moveend", () => {
    const { lng, lat } = map.getCenter();
    told.onMoved({ zoom: map.getZoom(), lat, lon: lng });
  });
  const under = (at: LngLat): Building | null => {
    const place = MercatorCoordinate.fromLngLat(at);
    return map.getZoom() > 12.5 ? buildings.at(place.x, place.y) : null;
  };
  map.on("click", (event) => told.onBuilding(under(event.lngLat)));
  map.on("mousemove", (event) => {
    map.getCanvas().style.cursor = under(event.lngLat) ? "pointer" : "";
  });
  // Without a mouse: Enter asks for the building in the middle of the map.
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key === "Enter") told.onBuilding(under(map.getCenter()));
  });
}

async function depthOf(path: string, nx: number, ny: number): Promise<Uint8Array> {
  const picture = await getDepth(path);
  const canvas = new OffscreenCanvas(nx, ny);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, nx, ny);
  const depth = new Uint8Array(nx * ny);
  for (let i = 0; i < depth.length; i++) depth[i] = data[4 * i]!;
  return depth;
}
