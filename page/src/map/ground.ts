// The ground: land and sea drawn once for each view, and the flood over it from one number.

import type { Pack } from "../lib/pack";
import type { Layers } from "../lib/shapes";
import { bind, buffer, halfMetres, placed, shader, texture, vertices, type Eye, type GL, type Shader } from "./gl";
import { arrivalShare, CLASS_STEP, MODES, type Storm, type StormLook } from "./storm";
import type { Palette } from "./theme";

/** Levels above this are all "never" to the eye [m]; the slider ends far below. */
const CAP = 12;

const VERTEX = `
in vec2 a_place; in vec2 a_uv; uniform vec4 u_view; out vec2 v_uv;
void main() { v_uv = a_uv; gl_Position = vec4(a_place * u_view.xy + u_view.zw, 0.0, 1.0); }`;

/** Where the softened edge of the sea is drawn: below a half, so that a basin of one cell stays. */
const LAND = `
const float SHORE = 0.42;
in vec2 v_uv; out vec4 colour;
uniform sampler2D u_face, u_height; uniform vec2 u_fade;
uniform vec3 u_ground, u_land, u_land_high, u_sea, u_coast, u_shade, u_light;
void main() {
  vec4 face = texture(u_face, v_uv);
  float height = texture(u_height, v_uv).r;
  vec3 c = mix(u_land, u_land_high, smoothstep(5.0, 110.0, height));
  float s = face.r - 0.502;
  c = s < 0.0 ? mix(c, u_shade, min(-1.5 * s, 0.85)) : mix(c, u_light, min(1.7 * s, 0.85));
  float soft = clamp(fwidth(face.g), 0.004, 0.5);
  c = mix(c, u_sea, smoothstep(SHORE - 0.7 * soft, SHORE + 0.7 * soft, face.g));
  c = mix(c, u_coast, 0.6 * (1.0 - smoothstep(0.0, 1.3 * soft, abs(face.g - SHORE))) * step(0.02, face.g) * step(face.g, 0.98));
  vec2 edge = min(v_uv, 1.0 - v_uv) / u_fade;
  float a = smoothstep(0.0, 1.0, min(edge.x, edge.y)) * smoothstep(0.3, 0.7, face.b);
  colour = vec4(mix(u_ground, c, a), 1.0);
}`;

// One pass over what was drawn for this view: base below, water over it, buildings on top.
const SHOW = `
in vec2 v_uv; out vec4 colour;
uniform sampler2D u_face, u_height, u_rain, u_base, u_houses, u_after, u_facts, u_still; uniform vec2 u_fade, u_size;
uniform float u_level, u_high, u_raining, u_hatch, u_share, u_split, u_reach; uniform vec4 u_from, u_box, u_edges; uniform vec3 u_land;
uniform int u_mode; uniform vec3 u_class[6];
uniform vec3 u_d1, u_d2, u_d3, u_d4, u_d5, u_building, u_building_wet, u_building_in, u_building_edge;
vec3 ramp(float depth) {
  vec3 w = mix(u_d1, u_d2, smoothstep(0.1, 0.3, depth));
  w = mix(w, u_d3, smoothstep(0.3, 0.5, depth));
  w = mix(w, u_d4, smoothstep(0.5, 1.0, depth));
  return mix(w, u_d5, smoothstep(1.0, 2.0, depth));
}
void main() {
  // While the map moves, base and houses may be those of a moment ago: find this place in them.
  vec2 here = ((gl_FragCoord.xy / u_size * 2.0 - 1.0) * u_from.xy + u_from.zw) * 0.5 + 0.5;
  float known = step(0.0, min(here.x, here.y)) * step(max(here.x, here.y), 1.0);
  vec3 c = mix(u_land, texture(u_base, here).rgb, known);
  vec4 face = texture(u_face, v_uv);
  vec2 ground = texture(u_height, v_uv).rg;
  float above, soft, depth, maybe = 0.0;
  bool still = false;
  int kind = -1;
  float stands = 0.0;
  if (u_mode > 0) {
    // A storm, within the box of the frame that its water reaches.
    vec2 p = v_uv * u_box.xy + u_box.zw;
    float inside = step(0.0, min(p.x, p.y)) * step(max(p.x, p.y), 1.0);
    vec4 facts = texture(u_facts, p) * inside;
    vec2 other = texture(u_still, p).rg * inside;
    stands = other.r * 2.55;
    float now = mix(texture(u_rain, p).r, texture(u_after, p).r, u_share) * inside;
    still = gl_FragCoord.x < u_split;
    depth = 2.55 * (u_mode == 1 ? now : facts.r);
    if (u_mode == 3) kind = int(dot(vec4(1.0), step(u_edges, vec4(facts.g))));
    else if (u_mode == 4 || u_mode == 5) kind = int((u_mode == 4 ? facts.b : facts.a) * ${(255 / CLASS_STEP).toFixed(4)} + 0.5) - 1;
    else if (u_mode == 6) {
      depth = 2.55 * max(facts.r, other.r);
      float more = (other.g * 255.0 - 128.0) * 0.02;
      float size = step(0.05, abs(more)) + step(0.2, abs(more)) + step(0.5, abs(more));
      kind = more < 0.0 ? int(size) - 1 : int(size) + 2;
      if (size < 0.5) kind = 6;
    }
    if (u_mode == 6 && inside < 0.5) depth = 0.0;
    if (still) { depth = stands; kind = -1; }
    above = depth - 0.05;
    soft = clamp(fwidth(depth), 0.004, 0.5);
  } else if (u_raining > 0.5) {
    depth = texture(u_rain, v_uv).r * 2.55;
    above = depth - 0.05;
    soft = clamp(fwidth(depth), 0.004, 0.5);
  } else {
    depth = u_level - ground.r;
    above = u_level - ground.g;
    soft = clamp(fwidth(ground.g), 0.002, 1.0);
    maybe = smoothstep(-0.7 * soft, 0.7 * soft, u_high - ground.g) * step(0.5, fract((gl_FragCoord.x + gl_FragCoord.y) / 7.0));
  }
  float wet = smoothstep(-0.7 * soft, 0.7 * soft, above);
  float seen = max(0.88 * wet, 0.35 * maybe * (1.0 - wet)) * (1.0 - smoothstep(0.15, 0.5, face.g));
  if (seen > 0.0) {
    vec2 edge = min(v_uv, 1.0 - v_uv) / u_fade;
    seen *= smoothstep(0.0, 1.0, min(edge.x, edge.y));
    vec3 w = ramp(depth);
    if (kind == 6) seen *= 0.25;
    else if (kind >= 0) {
      w = u_class[kind];
      // The worst class of danger is striped too, for eyes that tell colours badly.
      if (kind == 3 && (u_mode == 4 || u_mode == 5)) w = mix(w, u_land, 0.45 * step(0.72, fract((gl_FragCoord.x + gl_FragCoord.y) / 7.0)));
    } else w = mix(w, u_d5, 0.5 * (1.0 - smoothstep(0.4, 1.6, abs(above) / soft)) * step(ground.g, ${CAP - 1}.0));
    c = mix(c, w * (kind >= 0 && kind < 6 ? 1.0 : 0.88 + 0.24 * face.r), seen);
  }
  vec4 house = texture(u_houses, here) * known;
  if (house.a > 0.01) {
    // Levels are stored as shares of 5.1 m, 1 = never, weighted by how much of the pixel is house.
    vec2 levels = house.rg / house.a;
    float reached = step(levels.x * 5.1, u_reach + 0.005) * step(levels.x, 0.998);
    float inside = reached * step(levels.y * 5.1 + 0.005, u_reach) * step(levels.y, 0.998);
    if (still) { reached = step(0.05, stands); inside = 0.0; }
    vec3 h = mix(mix(u_building, u_building_wet, reached), u_building_in, inside);
    float stripe = step(0.62, fract((gl_FragCoord.x - gl_FragCoord.y) / 6.0));
    h = mix(h, c, u_hatch * stripe * (1.0 - 0.5 * reached));
    h = mix(h, u_building_edge, 0.75 * house.b / house.a);
    c = mix(c, h, house.a);
  }
  colour = vec4(c, 1.0);
}`;

export interface Water {
  level: number;
  low: number;
  high: number;
  raining: boolean;
  /** A storm hour by hour takes the place of the level and the rain. */
  storm?: StormLook | null;
}

/** Colours of the classes of each map of a storm; difference: less by 0.05, 0.2, 0.5 m, then more. */
const CLASSES = {
  arrival: ["arrival-1", "arrival-2", "arrival-3", "arrival-4", "arrival-5", "arrival-5"],
  people: ["danger-1", "danger-2", "danger-3", "danger-4", "danger-4", "danger-4"],
  cars: ["danger-1", "danger-2", "danger-3", "danger-4", "danger-4", "danger-4"],
  difference: ["less-1", "less-2", "less-3", "more-1", "more-2", "more-3"],
} as const;
/** Times are given to the houses as levels, up to this of the 5.1 m that they can hold. */
export const LATEST = 4.8;

/** The sea as 0-255 with its corners rounded by a 1-2-1 filter both ways, so that cells do not show. */
function softened(mask: Uint8Array, bit: number, nx: number, ny: number): Uint8Array {
  const rows = new Uint8Array(nx * ny);
  const out = new Uint8Array(nx * ny);
  for (let y = 0; y < ny; y++)
    for (let x = 0; x < nx; x++) {
      const i = y * nx + x;
      const [west, east] = [x ? i - 1 : i, x < nx - 1 ? i + 1 : i];
      rows[i] = ((mask[west]! & bit) + 2 * (mask[i]! & bit) + (mask[east]! & bit)) / bit;
    }
  for (let y = 0; y < ny; y++)
    for (let x = 0; x < nx; x++) {
      const i = y * nx + x;
      const [north, south] = [y ? i - nx : i, y < ny - 1 ? i + nx : i];
      out[i] = (255 * (rows[north]! + 2 * rows[i]! + rows[south]!)) >> 4;
    }
  return out;
}

interface Gpu { face: WebGLTexture; height: WebGLTexture; rain: WebGLTexture; count: number; land: Drawn; show: Drawn }
interface Drawn { with: Shader; from: WebGLVertexArrayObject }

export class Ground {
  readonly nx: number;
  readonly ny: number;
  private readonly origin: readonly [number, number];
  private readonly scale: number;
  private readonly gpu: Gpu;
  private raining = false;
  private storm: Storm | null = null;

  constructor(
    private readonly gl: GL,
    private readonly pack: Pack<Layers>,
  ) {
    [this.ny, this.nx] = pack.arrays.terrain!.shape as [number, number];
    const mesh = pack.arrays.mesh!.values as Float64Array;
    const side = pack.arrays.mesh!.shape[1]! - 1;
    this.origin = [mesh[0]!, mesh[1]!];
    this.scale = mesh[2 * side]! - mesh[0]!;
    this.gpu = this.upload();
  }

  /** Depth of an event, one byte a cell [cm], or null for the sea alone. */
  pour(depth: Uint8Array | null): void {
    const { gl } = this;
    gl.deleteTexture(this.gpu.rain);
    this.raining = depth !== null;
    const how = [gl.R8, gl.RED, gl.UNSIGNED_BYTE] as const;
    this.gpu.rain = depth ? texture(gl, this.nx, this.ny, how, depth) : texture(gl, 1, 1, how, new Uint8Array(1));
  }

  /** Take a storm to be played, or null. */
  take(storm: Storm | null): void {
    this.storm?.drop();
    this.storm = storm;
  }

  drawLand(eye: Eye, palette: Palette): void {
    const { gl, gpu } = this;
    const { program, set } = gpu.land.with;
    gl.useProgram(program);
    this.begin(eye, set);
    for (const name of ["ground", "land", "land-high", "sea", "coast", "shade", "light"] as const)
      gl.uniform3fv(set(`u_${name.replace("-", "_")}`), palette[name]);
    bind(gl, [gpu.face, gpu.height]);
    gl.bindVertexArray(gpu.land.from);
    gl.drawElements(gl.TRIANGLES, gpu.count, gl.UNSIGNED_SHORT, 0);
  }

  show(eye: Eye, palette: Palette, water: Water, base: WebGLTexture, houses: WebGLTexture, size: [number, number], hatch: number, drawn: Eye): void {
    const { gl, gpu } = this;
    const { program, set } = gpu.show.with;
    const raining = water.raining && this.raining;
    gl.useProgram(program);
    this.begin(eye, set);
    gl.uniform1i(set("u_rain"), 2);
    gl.uniform1i(set("u_base"), 3);
    gl.uniform1i(set("u_houses"), 4);
    gl.uniform2f(set("u_size"), size[0], size[1]);
    const was = placed(drawn, [eye.x, eye.y], 1);
    gl.uniform4f(set("u_from"), drawn.world / eye.world, drawn.world / eye.world, was[2], was[3]);
    gl.uniform3fv(set("u_land"), palette.land);
    // A quiet sea floods nothing, also where the ground is told to lie below it.
    gl.uniform1f(set("u_level"), raining ? 2.5 : water.level > 0 ? water.level : -CAP);
    gl.uniform1f(set("u_high"), water.high > 0 ? water.high : -CAP);
    gl.uniform1f(set("u_raining"), raining ? 1 : 0);
    gl.uniform1f(set("u_hatch"), hatch);
    const maps = this.stormy(water, set, palette, size[0]);
    if (!maps) gl.uniform1f(set("u_reach"), raining ? 2.5 : water.level > 0 ? water.level : -CAP);
    for (let i = 1; i <= 5; i++) gl.uniform3fv(set(`u_d${i}`), palette[`depth-${i}` as keyof Palette]);
    for (const name of ["building", "building-wet", "building-in", "building-edge"] as const)
      gl.uniform3fv(set(`u_${name.replace("-", "_")}`), palette[name]);
    const none = gpu.rain;
    bind(gl, [gpu.face, gpu.height, maps?.before ?? none, base, houses, maps?.after ?? none, maps?.facts ?? none, maps?.still ?? none]);
    gl.bindVertexArray(gpu.show.from);
    gl.drawElements(gl.TRIANGLES, gpu.count, gl.UNSIGNED_SHORT, 0);
  }

  /** Set what the shader needs of a storm and return its textures; null without one. */
  private stormy(water: Water, set: Shader["set"], palette: Palette, wide: number): Record<"before" | "after" | "facts" | "still", WebGLTexture> | null {
    const { gl, storm } = this;
    const look = storm ? water.storm : null;
    gl.uniform1i(set("u_mode"), look ? 1 + MODES.indexOf(look.mode) : 0);
    gl.uniform1f(set("u_split"), look?.split == null ? -1 : look.split * wide);
    ["u_after", "u_facts", "u_still"].forEach((name, i) => gl.uniform1i(set(name), 5 + i));
    if (!storm || !look) return null;
    // Uploads bind a texture: to the first unit, where `bind` then puts the right one again.
    gl.activeTexture(gl.TEXTURE0);
    const { before, after, share } = storm.around(look.seconds);
    gl.uniform1f(set("u_share"), share);
    gl.uniform4fv(set("u_box"), storm.box);
    const edges = [0, 1, 2, 3].map((i) => (i < look.edges.length ? arrivalShare(look.edges[i]!, storm.total) : 2));
    gl.uniform4fv(set("u_edges"), edges);
    const now = look.mode === "depth" ? look.seconds / storm.total : 1;
    gl.uniform1f(set("u_reach"), LATEST * now);
    const names = look.mode in CLASSES ? CLASSES[look.mode as keyof typeof CLASSES] : [];
    if (names.length) gl.uniform3fv(set("u_class"), names.flatMap((name) => palette[name]));
    return { before, after, facts: storm.facts, still: storm.still };
  }

  /** Column and row of a place in the Web Mercator world, from the frame's corners (right to about a cell over 20 km). */
  cell(x: number, y: number): [number, number] {
    const mesh = this.pack.arrays.mesh!.values as Float64Array;
    const [rows, columns] = this.pack.arrays.mesh!.shape as [number, number];
    const corner = (row: number, column: number): [number, number] => {
      const i = 2 * (row * columns + column);
      return [mesh[i]!, mesh[i + 1]!];
    };
    let [u, v] = [0.5, 0.5];
    const [nw, ne, sw, se] = [corner(0, 0), corner(0, columns - 1), corner(rows - 1, 0), corner(rows - 1, columns - 1)];
    for (let step = 0; step < 4; step++) {
      const at = [0, 1].map((k) => (1 - v) * ((1 - u) * nw[k]! + u * ne[k]!) + v * ((1 - u) * sw[k]! + u * se[k]!));
      const du = [0, 1].map((k) => (1 - v) * (ne[k]! - nw[k]!) + v * (se[k]! - sw[k]!));
      const dv = [0, 1].map((k) => (1 - u) * (sw[k]! - nw[k]!) + u * (se[k]! - ne[k]!));
      const det = du[0]! * dv[1]! - du[1]! * dv[0]!;
      const [ex, ey] = [x - at[0]!, y - at[1]!];
      u += (ex * dv[1]! - ey * dv[0]!) / det;
      v += (du[0]! * ey - du[1]! * ex) / det;
    }
    return [u * this.nx, v * this.ny];
  }

  private begin(eye: Eye, set: Shader["set"]): void {
    const { gl } = this;
    gl.uniform4fv(set("u_view"), placed(eye, this.origin, this.scale));
    gl.uniform1i(set("u_face"), 0);
    gl.uniform1i(set("u_height"), 1);
    gl.uniform2f(set("u_fade"), 10 / this.nx, 10 / this.ny);
  }

  private upload(): Gpu {
    const { gl, nx, ny } = this;
    const terrain = this.pack.arrays.terrain!.values as Int16Array;
    const connection = this.pack.arrays.connection!.values as Int16Array;
    const shade = this.pack.arrays.shade!.values as Uint8Array;
    const mask = this.pack.arrays.mask!.values as Uint8Array;
    const { sea_bit, known_bit } = this.pack.about;
    const [ground, level] = [halfMetres(400), halfMetres(CAP)];
    const height = new Uint16Array(2 * nx * ny);
    const face = new Uint32Array(nx * ny);
    const sea = softened(mask, sea_bit, nx, ny);
    for (let i = 0; i < nx * ny; i++) {
      // Land beside the sea is as deep as the water on it, not as the sea bed next to it.
      height[2 * i] = ground[(mask[i]! & sea_bit ? Math.max(terrain[i]!, 0) : terrain[i]!) & 65535]!;
      height[2 * i + 1] = level[connection[i]! & 65535]!;
      face[i] = shade[i]! | (sea[i]! << 8) | (mask[i]! & known_bit ? 0xff0000 : 0) | 0xff000000;
    }
    const { place, uv, index } = this.mesh();
    const [land, show] = [shader(gl, VERTEX, LAND), shader(gl, VERTEX, SHOW)];
    const feeds = [
      { name: "a_place", data: buffer(gl, gl.ARRAY_BUFFER, place), size: 2, type: gl.FLOAT },
      { name: "a_uv", data: buffer(gl, gl.ARRAY_BUFFER, uv), size: 2, type: gl.FLOAT },
    ];
    const indices = buffer(gl, gl.ELEMENT_ARRAY_BUFFER, index);
    return {
      face: texture(gl, nx, ny, [gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE], new Uint8Array(face.buffer)),
      height: texture(gl, nx, ny, [gl.RG16F, gl.RG, gl.HALF_FLOAT], height),
      rain: texture(gl, 1, 1, [gl.R8, gl.RED, gl.UNSIGNED_BYTE], new Uint8Array(1)),
      count: index.length,
      land: { with: land, from: vertices(gl, land, feeds, indices) },
      show: { with: show, from: vertices(gl, show, feeds, indices) },
    };
  }

  private mesh(): { place: Float32Array; uv: Float32Array; index: Uint16Array } {
    const [rows, columns] = this.pack.arrays.mesh!.shape as [number, number];
    const mesh = this.pack.arrays.mesh!.values as Float64Array;
    const place = new Float32Array(mesh.length);
    const uv = new Float32Array(mesh.length);
    const index: number[] = [];
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++) {
        const i = y * columns + x;
        place[2 * i] = (mesh[2 * i]! - this.origin[0]) / this.scale;
        place[2 * i + 1] = (mesh[2 * i + 1]! - this.origin[1]) / this.scale;
        uv[2 * i] = x / (columns - 1);
        uv[2 * i + 1] = y / (rows - 1);
        if (x && y) index.push(i, i - 1, i - columns, i - 1, i - columns - 1, i - columns);
      }
    return { place, uv, index: new Uint16Array(index) };
  }
}
