// Draws every building, tinted as the water comes, and finds the one under a click.

import earcut from "earcut";
import type { Pack } from "../lib/pack";
import { LATEST } from "./ground";
import { buffer, placed, shader, vertices, type Eye, type GL, type Shader } from "./gl";

export interface About {
  origin: [number, number];
  scale: number;
  uses: string[];
  ids: string[];
  never: number;
}

export interface Building {
  index: number;
  id: string;
  use: string;
  ground: number | null;
  floor: number | null;
  connection: number | null;
  outline: GeoJSON.Feature<GeoJSON.MultiPolygon>;
  place: [number, number];
}

// Each pixel of a house keeps the levels at which water reaches its wall and its floor, as shares of
// 5.1 m (1 = never), weighted by how much of the pixel is house; the last pass makes the colours.
const VERTEX = `
in vec2 a_place; in vec4 a_water; uniform vec4 u_view; uniform float u_raining; out vec2 v_levels;
void main() {
  gl_Position = vec4(a_place * u_view.xy + u_view.zw, 0.0, 1.0);
  // connection, floor, ground, rain [cm]
  vec2 sea = clamp(vec2(a_water.x, max(a_water.x, a_water.y)) / 510.0, 0.0, 1.0);
  vec2 rain = vec2(1.0 - step(5.0, a_water.w), 1.0 - step(a_water.y + 0.5, a_water.z + a_water.w));
  v_levels = u_raining > 0.5 ? rain : sea;
}`;

const FRAGMENT = `
in vec2 v_levels; out vec4 colour; uniform float u_seen, u_edge;
void main() { colour = vec4(v_levels, u_edge, 1.0) * u_seen; }`;

/** Zoom at which buildings begin to show, and are fully there. */
const FADE: [number, number] = [11.5, 13.5];
/** Zoom from which their edges are drawn. */
const EDGES = 15;
/** Side of the squares that a click looks into, in steps of about 0.1 m. */
const SQUARE = 1000;

export class Buildings {
  readonly about: About;
  private readonly starts: Uint32Array;
  private readonly x: Int32Array;
  private readonly y: Int32Array;
  private readonly owner: Uint32Array;
  private readonly squares = new Map<number, number[]>();
  private readonly rain: Int16Array;
  private readonly gpu: Gpu | null;
  private raining = false;
  private times: StormTimes | null = null;

  constructor(
    private readonly gl: GL,
    private readonly pack: Pack<About>,
  ) {
    this.about = pack.about;
    this.x = pack.arrays.x!.values as Int32Array;
    this.y = pack.arrays.y!.values as Int32Array;
    this.owner = pack.arrays.owner!.values as Uint32Array;
    const rings = pack.arrays.rings!.values as Uint16Array;
    this.starts = new Uint32Array(rings.length + 1);
    rings.forEach((points, i) => (this.starts[i + 1] = this.starts[i]! + points));
    this.rain = new Int16Array(this.about.ids.length);
    this.sortIntoSquares();
    this.gpu = this.owner.length ? this.upload() : null;
  }

  /** Depth of an event at each building from its raster on the ground's frame, or null for none. */
  pour(depthAt: ((x: number, y: number) => number) | null): void {
    this.rain.fill(0);
    this.raining = depthAt !== null;
    if (depthAt)
      for (let r = 0; r < this.owner.length; r++) {
        const [x, y] = this.middle(r);
        const i = this.owner[r]!;
        this.rain[i] = Math.max(this.rain[i]!, depthAt(...this.world(x, y)));
      }
    if (this.gpu) this.fillWater(this.gpu.water);
  }

  /** Take when a storm reaches each house, or null for the sea by its level. */
  storm(times: StormTimes | null): void {
    this.times = times;
    if (this.gpu) this.fillWater(this.gpu.water);
  }

  /** The building under a place in the Web Mercator world. */
  at(worldX: number, worldY: number): Building | null {
    const x = (worldX - this.about.origin[0]) / this.about.scale;
    const y = (worldY - this.about.origin[1]) / this.about.scale;
    for (const ring of this.squares.get(this.square(x, y)) ?? [])
      if (this.inside(ring, x, y)) return this.describe(this.owner[ring]!);
    return null;
  }

  find(id: string): Building | null {
    const index = this.about.ids.indexOf(id);
    return index < 0 ? null : this.describe(index);
  }

  private describe(index: number): Building {
    const value = (name: string): number | null => {
      const cm = (this.pack.arrays[name]!.values as Int16Array)[index]!;
      return cm >= this.about.never ? null : cm / 100;
    };
    const rings: number[] = [];
    for (let r = 0; r < this.owner.length; r++) if (this.owner[r] === index) rings.push(r);
    const coordinates = rings.map((r) => {
      const ring: [number, number][] = [];
      for (let i = this.starts[r]!; i < this.starts[r + 1]!; i++) ring.push(degrees(...this.world(this.x[i]!, this.y[i]!)));
      return [ring];
    });
    const place = rings.length ? degrees(...this.world(...this.middle(rings[0]!))) : ([0, 0] as [number, number]);
    return {
      index,
      id: this.about.ids[index]!,
      use: this.about.uses[(this.pack.arrays.use!.values as Uint8Array)[index]!] ?? "",
      ground: value("ground"),
      floor: value("floor"),
      connection: value("connection"),
      outline: { type: "Feature", properties: {}, geometry: { type: "MultiPolygon", coordinates } },
      place,
    };
  }

  private world(x: number, y: number): [number, number] {
    return [this.about.origin[0] + x * this.about.scale, this.about.origin[1] + y * this.about.scale];
  }

  private middle(ring: number): [number, number] {
    const [start, end] = [this.starts[ring]!, this.starts[ring + 1]! - 1];
    let [x, y] = [0, 0];
    for (let i = start; i < end; i++) {
      x += this.x[i]!;
      y += this.y[i]!;
    }
    return [x / Math.max(end - start, 1), y / Math.max(end - start, 1)];
  }

  private square(x: number, y: number): number {
    return Math.floor(x / SQUARE) * 65536 + Math.floor(y / SQUARE);
  }

  private sortIntoSquares(): void {
    for (let r = 0; r < this.owner.length; r++) {
      let [west, south, east, north] = [Infinity, -Infinity, -Infinity, Infinity];
      for (let i = this.starts[r]!; i < this.starts[r + 1]!; i++) {
        west = Math.min(west, this.x[i]!);
        east = Math.max(east, this.x[i]!);
        north = Math.min(north, this.y[i]!);
        south = Math.max(south, this.y[i]!);
      }
      for (let x = Math.floor(west / SQUARE); x <= Math.floor(east / SQUARE); x++)
        for (let y = Math.floor(north / SQUARE); y <= Math.floor(south / SQUARE); y++) {
          const square = x * 65536 + y;
          const there = this.squares.get(square);
          if (there) there.push(r);
          else this.squares.set(square, [r]);
        }
    }
  }

  private inside(ring: number, x: number, y: number): boolean {
    let odd = false;
    const [start, end] = [this.starts[ring]!, this.starts[ring + 1]!];
    for (let i = start, j = end - 1; i < end; j = i++) {
      const [yi, yj] = [this.y[i]!, this.y[j]!];
      if (yi > y !== yj > y && x < ((this.x[j]! - this.x[i]!) * (y - yi)) / (yj - yi) + this.x[i]!) odd = !odd;
    }
    return odd;
  }

  /** Draw the houses of a view for the last pass to colour; true when there was anything to draw. */
  draw(eye: Eye): void {
    const { gl, gpu } = this;
    const seen = Math.min(Math.max((eye.zoom - FADE[0]) / (FADE[1] - FADE[0]), 0), 1);
    if (!gpu || seen <= 0.02) return;
    const { program, set } = gpu.with;
    gl.useProgram(program);
    gl.uniform4fv(set("u_view"), placed(eye, this.about.origin, this.about.scale));
    gl.uniform1f(set("u_raining"), this.raining && !this.times ? 1 : 0);
    gl.uniform1f(set("u_seen"), seen);
    gl.uniform1f(set("u_edge"), 0);
    gl.bindVertexArray(gpu.solid);
    gl.drawElements(gl.TRIANGLES, gpu.triangleCount, gl.UNSIGNED_INT, 0);
    if (eye.zoom >= EDGES) {
      gl.uniform1f(set("u_edge"), Math.min(eye.zoom - EDGES, 1));
      gl.bindVertexArray(gpu.outline);
      gl.drawElements(gl.LINES, gpu.edgeCount, gl.UNSIGNED_INT, 0);
    }
  }

  private upload(): Gpu {
    const { gl } = this;
    const place = new Float32Array(2 * this.x.length);
    for (let i = 0; i < this.x.length; i++) {
      place[2 * i] = this.x[i]!;
      place[2 * i + 1] = this.y[i]!;
    }
    const triangles: number[] = [];
    const edges: number[] = [];
    for (let r = 0; r < this.owner.length; r++) {
      const [start, end] = [this.starts[r]!, this.starts[r + 1]! - 1];
      for (const i of earcut(place.subarray(2 * start, 2 * end))) triangles.push(start + i);
      for (let i = start; i < end; i++) edges.push(i, i + 1);
    }
    const made = shader(gl, VERTEX, FRAGMENT);
    const water = gl.createBuffer();
    this.fillWater(water);
    const feeds = [
      { name: "a_place", data: buffer(gl, gl.ARRAY_BUFFER, place), size: 2, type: gl.FLOAT },
      { name: "a_water", data: water, size: 4, type: gl.SHORT },
    ];
    return {
      with: made,
      water,
      solid: vertices(gl, made, feeds, buffer(gl, gl.ELEMENT_ARRAY_BUFFER, new Uint32Array(triangles))),
      triangleCount: triangles.length,
      outline: vertices(gl, made, feeds, buffer(gl, gl.ELEMENT_ARRAY_BUFFER, new Uint32Array(edges))),
      edgeCount: edges.length,
    };
  }

  private fillWater(into: WebGLBuffer): void {
    const { gl } = this;
    const [connection, floor, ground] = ["connection", "floor", "ground"].map((name) => this.pack.arrays[name]!.values as Int16Array);
    const water = new Int16Array(4 * this.x.length);
    const level = this.times && asLevels(this.times, this.about.never);
    for (let r = 0; r < this.owner.length; r++) {
      const i = this.owner[r]!;
      for (let v = this.starts[r]!; v < this.starts[r + 1]!; v++) {
        water[4 * v] = level ? level.wall[i]! : connection![i]!;
        water[4 * v + 1] = level ? level.floor[i]! : floor![i]!;
        water[4 * v + 2] = ground![i]!;
        water[4 * v + 3] = this.rain[i]!;
      }
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, into);
    gl.bufferData(gl.ARRAY_BUFFER, water, gl.DYNAMIC_DRAW);
  }
}

/** When water reaches each house's wall and floor [minutes], and how long the storm lasts. */
export interface StormTimes { wall: ArrayLike<number>; floor: ArrayLike<number>; minutes: number }

/** Times as levels [cm]: the last pass then compares them with the time as it does with the sea. */
function asLevels({ wall, floor, minutes }: StormTimes, never: number): Record<"wall" | "floor", Int16Array> {
  const scaled = (times: ArrayLike<number>): Int16Array =>
    Int16Array.from(times, (at) => (at >= never ? never : Math.round((100 * LATEST * at) / minutes)));
  return { wall: scaled(wall), floor: scaled(floor) };
}

function degrees(x: number, y: number): [number, number] {
  return [(x - 0.5) * 360, (Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) * 180) / Math.PI];
}

interface Gpu {
  with: Shader;
  water: WebGLBuffer;
  solid: WebGLVertexArrayObject;
  triangleCount: number;
  outline: WebGLVertexArrayObject;
  edgeCount: number;
}
