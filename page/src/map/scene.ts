// The canvas below the names: land and lines drawn once for each view, the water again for each level.

import type { Pack } from "../lib/pack";
import type { Kind, Layers, StormAbout } from "../lib/shapes";
import { Buildings, type About } from "./buildings";
import { Sheet, type Eye, type GL } from "./gl";
import { Ground, type Water } from "./ground";
import { Areas, Lines } from "./lines";
import { Storm } from "./storm";
import { palette, type Palette, type Theme } from "./theme";

/** A frame that takes longer than this while the water is dragged is drawn with fewer pixels next time [ms]. */
const SLOW = 30;
const COARSE = [1, 0.7, 0.5] as const;
/** The water is at rest when nothing moved for this long [ms]: then every pixel again, smoothed. */
const REST = 250;
/** While a slow machine moves the map, land and houses are drawn anew this often and moved between [ms]. */
const ANEW = 250;

const WOODS = new Set(["wood", "forest"]);
/** Fields are the quiet land itself. */
const FIELDS = new Set(["farmland", "farmyard"]);
const grow = (zoom: number, from: number, to: number, thin: number, thick: number): number =>
  thin * (thick / thin) ** Math.min(Math.max((zoom - from) / (to - from), 0), 1.15);

export class Scene {
  private readonly gl: GL;
  private ground: Ground | null = null;
  private houses: Buildings | null = null;
  private roads: Lines | null = null;
  private streams: Lines | null = null;
  private greens: Areas | null = null;
  private base: Sheet | null = null;
  private above: Sheet | null = null;
  private eye: Eye | null = null;
  private colours: Palette;
  private water: Water = { level: 0, low: 0, high: 0, raining: false };
  private coarse = 0;
  private waiting = 0;
  private resting = 0;
  private lastDrag = 0;
  private slowness = 0;
  private fine = false;
  /** The view that land, lines and houses were last drawn for, and when. */
  private drawn: Eye | null = null;
  private drawnAt = 0;
  private lookedAt = 0;
  private lag = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    theme: Theme,
    private readonly kinds: Record<string, Kind>,
    private readonly onFirst: () => void,
  ) {
    const gl = canvas.getContext("webgl2", { antialias: false, alpha: false, depth: false, stencil: false, powerPreference: "high-performance" });
    if (!gl) throw new Error("WebGL 2");
    this.gl = gl;
    this.colours = palette(theme); 
  }

  setGround(pack: Pack<Layers>): Ground {
    this.ground = new Ground(this.gl, pack);
    this.drawnAt = 0;
    this.look(this.eye);
    this.onFirst();
    return this.ground;
  }

  setBuildings(pack: Pack<About>): Buildings {
    this.houses = new Buildings(this.gl, pack);
    this.drawnAt = 0;
    this.look(this.eye);
    return this.houses;
  }

  setLines(roads: GeoJSON.FeatureCollection, streams: GeoJSON.FeatureCollection, greens: GeoJSON.FeatureCollection): void {
    this.roads = new Lines(this.gl, roads, (said) => Number(said.c ?? 1));
    this.streams = new Lines(this.gl, streams, (said) => Number(said.w ?? 5));
    const shown = { ...greens, features: greens.features.filter((area) => !FIELDS.has(String(area.properties?.u))) };
    this.greens = new Areas(this.gl, shown, (said) => (WOODS.has(String(said.u)) ? 1 : 0));
    this.drawnAt = 0;
    this.look(this.eye);
  }

  paint(theme: Theme): void {
    this.colours = palette(theme);
    this.drawnAt = 0;
    this.look(this.eye);
  }

  pour(depth: Uint8Array | null): void {
    if (!this.ground) return;
    this.ground.pour(depth);
    const { nx, ny } = this.ground;
    const cell = this.ground.cell.bind(this.ground);
    this.houses?.pour(
      depth &&
        ((x, y) => {
          const [column, row] = cell(x, y).map(Math.floor) as [number, number];
          return column >= 0 && row >= 0 && column < nx && row < ny ? depth[row * nx + column]! : 0;
        }),
    );
    this.drawnAt = 0;
    this.look(this.eye);
  }

  /** Take a storm to be played hour by hour, or null for the sea by its level. */
  storm(pack: Pack<StormAbout> | null): void {
    if (!this.ground) return;
    this.ground.take(pack ? new Storm(this.gl, pack, this.ground) : null);
    const [wall, floor] = [pack?.arrays.wall?.values, pack?.arrays.floor?.values];
    this.houses?.storm(pack && wall && floor ? { wall, floor, minutes: pack.about.seconds.at(-1)! / 60 } : null);
    this.drawnAt = 0;
    this.look(this.eye);
  }

  /** A new level: only the last pass is drawn, once for each frame of the screen. */
  flood(water: Water): void {
    this.water = water;
    if (this.waiting) return;
    this.waiting = requestAnimationFrame((now) => {
      this.waiting = 0;
      this.pace(now);
      this.show();
      this.rest();
    });
  }

  /** A new view: everything is drawn. */
  look(eye: Eye | null): void {
    this.eye = eye;
    this.fine = false;
    if (!eye || !this.ground) return;
    this.fit(eye);
    if (!this.mayWait(eye)) this.drawBase(false);
    this.show();
    this.rest();
  }

  /** Whether what was drawn a moment ago can stand in for this view while it moves. */
  private mayWait(eye: Eye): boolean {
    const now = performance.now();
    const gap = now - this.lookedAt;
    this.lookedAt = now;
    if (gap > 400) return false;
    this.lag = 0.7 * this.lag + 0.3 * gap;
    this.coarse = this.lag > 2 * SLOW ? 2 : this.lag > SLOW ? 1 : 0;
    const same = this.drawn && this.drawn.width === eye.width && this.drawn.height === eye.height && this.drawn.ratio === eye.ratio;
    return !!same && this.lag > SLOW && now - this.drawnAt < ANEW;
  }

  /** The scene now, every pixel of it, for printing. */
  finest(): HTMLCanvasElement {
    this.settle();
    return this.canvas;
  }

  private rest(): void {
    clearTimeout(this.resting);
    this.resting = window.setTimeout(() => this.settle(), REST);
  }

  private settle(): void {
    if (!this.eye || !this.ground) return;
    this.coarse = 0;
    this.lastDrag = 0;
    if (!this.fine) {
      this.fit(this.eye);
      this.drawBase(true);
      this.fine = true;
    }
    this.show();
  }

  /** Fewer pixels when the frames of a drag come too slowly. */
  private pace(now: number): void {
    const gap = now - this.lastDrag;
    this.lastDrag = now;
    if (gap > 400) return;
    this.slowness = 0.7 * this.slowness + 0.3 * gap;
    if (this.slowness > SLOW && this.coarse < COARSE.length - 1) {
      this.coarse += 1;
      this.slowness = SLOW / 2;
    }
  }

  private fit(eye: Eye): void {
    const width = Math.max(Math.round(eye.width * eye.ratio), 1);
    const height = Math.max(Math.round(eye.height * eye.ratio), 1);
    if (this.base?.width === width && this.base.height === height) return;
    this.base?.drop();
    this.above?.drop();
    this.base = new Sheet(this.gl, width, height);
    this.above = new Sheet(this.gl, width, height, 4);
  }

  private drawBase(smoothly: boolean): void {
    const { gl, colours, eye } = this;
    if (!eye || !this.base || !this.above || !this.ground) return;
    this.base.draw(() => {
      gl.disable(gl.BLEND);
      this.clear(colours.ground);
      this.ground!.drawLand(eye, colours);
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
      this.greens?.draw(eye, colours.green, colours.wood, 0.55);
      this.drawLines(eye);
    });
    this.drawn = eye;
    this.drawnAt = performance.now();
    this.above.draw(() => {
      gl.disable(gl.BLEND);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      this.houses?.draw(eye);
    }, smoothly);
  }

  private drawLines(eye: Eye): void {
    const { colours } = this;
    const z = eye.zoom;
    const madeUp = (layer: string): number => (this.kinds[layer] === "synthetic" ? 9 : 0);
    // A pixel is this many metres: the world is 40,075 km wide at the equator and narrows with latitude.
    const metres = (40_075_016.7 * Math.cos(Math.atan(Math.sinh((0.5 - eye.y) * 2 * Math.PI)))) / eye.world;
    this.streams?.draw(eye, { colour: colours.stream, metre: 1 / metres, dash: madeUp("streams") });
    const widths = [
      z < 14 ? 0 : grow(z, 14, 18, 0.6, 3.5),
      grow(z, 11.5, 18, 0.35, 10),
      grow(z, 10, 18, 0.7, 14),
      grow(z, 10, 18, 1.1, 17),
    ] as [number, number, number, number];
    const opacity = Math.min(0.5 + 0.2 * Math.max(z - 11.5, 0), 1);
    if (z > 13) this.roads?.draw(eye, { colour: colours["road-edge"], widths, plus: Math.min((z - 13) * 0.7, 1), opacity });
    this.roads?.draw(eye, { colour: colours.road, widths, dash: madeUp("roads"), opacity });
  }

  private show(): void {
    const { gl, canvas, eye } = this;
    if (!eye || !this.ground || !this.base || !this.above || gl.isContextLost()) return;
    const share = COARSE[this.coarse]!;
    const [width, height] = [Math.round(this.base.width * share), Math.round(this.base.height * share)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    gl.viewport(0, 0, width, height);
    gl.disable(gl.BLEND);
    this.clear(this.colours.ground);
    const hatch = this.kinds.buildings === "synthetic" && eye.zoom > 13.5 ? 0.4 : 0;
    this.ground.show(eye, this.colours, this.water, this.base.texture, this.above.texture, [width, height], hatch, this.drawn ?? eye);
  }

  private clear([r, g, b]: readonly [number, number, number]): void {
    this.gl.clearColor(r, g, b, 1);
    this.gl.clear(this.gl.COLOR_BUFFER_BIT);
  }
}
