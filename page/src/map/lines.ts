// Draws streams, roads and greens below the water: round lines in pixels, flat areas.

import earcut, { flatten } from "earcut";
import { buffer, placed, shader, vertices, type Eye, type GL, type Shader } from "./gl";
import type { Rgb } from "./theme";

// Each stretch of a line is a box around it, and in it the pixels nearer than half a width.
const VERTEX = `
in vec2 a_corner; in vec4 a_ends; in float a_width; uniform vec4 u_view; uniform vec2 u_half; uniform vec4 u_widths;
uniform float u_plus, u_metre; out vec2 v_at; out float v_length, v_wide;
void main() {
  vec2 a = (a_ends.xy * u_view.xy + u_view.zw) * u_half, b = (a_ends.zw * u_view.xy + u_view.zw) * u_half;
  float wide = u_metre > 0.0 ? max(a_width * u_metre, 1.0) : u_widths[int(a_width)];
  v_wide = 0.5 * wide + (wide > 0.0 ? u_plus : 0.0);
  float reach = v_wide + 1.0;
  v_length = distance(a, b);
  vec2 along = v_length > 1e-4 ? (b - a) / v_length : vec2(1.0, 0.0);
  v_at = vec2(a_corner.x > 0.0 ? v_length + reach : -reach, a_corner.y * reach);
  vec2 place = a + along * v_at.x + vec2(-along.y, along.x) * v_at.y;
  gl_Position = vec4(wide > 0.0 ? place / u_half : vec2(9.0), 0.0, 1.0);
}`;
const FRAGMENT = `
in vec2 v_at; in float v_length, v_wide; out vec4 colour; uniform vec3 u_colour; uniform float u_dash, u_opacity;
void main() {
  float off = length(vec2(v_at.x - clamp(v_at.x, 0.0, v_length), v_at.y));
  float a = u_opacity * clamp(v_wide - off + 0.5, 0.0, 1.0) * min(2.0 * v_wide, 1.0);
  if (u_dash > 0.0) a *= step(fract(v_at.x / u_dash), 0.7);
  colour = vec4(u_colour * a, a);
}`;

/** Floats for each corner: both ends, the width, the corner. */
const FIELDS = 7;

export interface LineLook { colour: Rgb; widths?: readonly [number, number, number, number]; metre?: number; plus?: number; dash?: number; opacity?: number }

export class Lines {
  private readonly with: Shader;
  private readonly from: WebGLVertexArrayObject;
  private readonly count: number;
  private origin: [number, number] = [0, 0];

  /** `width` says for each line its size: an index into the widths of its look, or metres. */
  constructor(private readonly gl: GL, of: GeoJSON.FeatureCollection, width: (said: Record<string, unknown>) => number) {
    const sorted = [...of.features].sort((a, b) => width(a.properties ?? {}) - width(b.properties ?? {}));
    const parts = sorted.flatMap((line) => strings(line.geometry).map((points) => ({ points: points.map(world), width: width(line.properties ?? {}) })));
    this.origin = parts[0]?.points[0] ?? [0, 0];
    const stretches = parts.reduce((sum, { points }) => sum + points.length - 1, 0);
    const data = new Float32Array(stretches * 4 * FIELDS);
    const index = new Uint32Array(stretches * 6);
    this.count = index.length;
    let [at, n] = [0, 0];
    for (const { points, width: size } of parts)
      for (let i = 1; i < points.length; i++, n++) {
        const ends = [...this.near(points[i - 1]!), ...this.near(points[i]!)];
        for (let corner = 0; corner < 4; corner++, at += FIELDS) data.set([...ends, size, corner & 1 ? 1 : -1, corner & 2 ? 1 : -1], at);
        index.set([4 * n, 4 * n + 1, 4 * n + 2, 4 * n + 2, 4 * n + 1, 4 * n + 3], 6 * n);
      }
    this.with = shader(gl, VERTEX, FRAGMENT);
    const feed = { data: buffer(gl, gl.ARRAY_BUFFER, data), type: gl.FLOAT, stride: 4 * FIELDS };
    this.from = vertices(
      gl,
      this.with,
      [
        { ...feed, name: "a_ends", size: 4, offset: 0 },
        { ...feed, name: "a_width", size: 1, offset: 16 },
        { ...feed, name: "a_corner", size: 2, offset: 20 },
      ],
      buffer(gl, gl.ELEMENT_ARRAY_BUFFER, index),
    );
  }

  draw(eye: Eye, { colour, widths = [0, 0, 0, 0], metre = 0, plus = 0, dash = 0, opacity = 1 }: LineLook): void {
    if (!this.count) return;
    const { gl } = this;
    const { program, set } = this.with;
    gl.useProgram(program);
    gl.uniform4fv(set("u_view"), placed(eye, this.origin, SCALE));
    gl.uniform2f(set("u_half"), (eye.width * eye.ratio) / 2, (eye.height * eye.ratio) / 2);
    gl.uniform4fv(set("u_widths"), widths.map((w) => w * eye.ratio));
    gl.uniform1f(set("u_metre"), metre * eye.ratio);
    gl.uniform1f(set("u_plus"), plus * eye.ratio);
    gl.uniform1f(set("u_dash"), dash * eye.ratio);
    gl.uniform1f(set("u_opacity"), opacity);
    gl.uniform3fv(set("u_colour"), colour);
    gl.bindVertexArray(this.from);
    gl.drawElements(gl.TRIANGLES, this.count, gl.UNSIGNED_INT, 0);
  }

  private near([x, y]: [number, number]): [number, number] {
    return [(x - this.origin[0]) / SCALE, (y - this.origin[1]) / SCALE];
  }
}

const FLAT_VERTEX = `
in vec2 a_place; in float a_kind; uniform vec4 u_view; uniform vec3 u_one, u_two; out vec3 v_colour;
void main() { v_colour = a_kind > 0.5 ? u_two : u_one; gl_Position = vec4(a_place * u_view.xy + u_view.zw, 0.0, 1.0); }`;
const FLAT_FRAGMENT = `
in vec3 v_colour; out vec4 colour; uniform float u_opacity;
void main() { colour = vec4(v_colour, 1.0) * u_opacity; }`;

export class Areas {
  private readonly with: Shader;
  private readonly from: WebGLVertexArrayObject;
  private readonly count: number;
  private readonly origin: [number, number];

  constructor(private readonly gl: GL, of: GeoJSON.FeatureCollection, kind: (said: Record<string, unknown>) => 0 | 1) {
    const parts = of.features.flatMap((area) => polygons(area.geometry).map((rings) => ({ rings, kind: kind(area.properties ?? {}) })));
    this.origin = parts.length ? world(parts[0]!.rings[0]![0]!) : [0, 0];
    const data: number[] = [];
    const index: number[] = [];
    for (const part of parts) {
      const near = part.rings.map((ring) => ring.map((point) => world(point).map((v, k) => (v - this.origin[k]!) / SCALE)));
      const flat = flatten(near);
      const start = data.length / 3;
      for (const i of earcut(flat.vertices, flat.holes, flat.dimensions)) index.push(start + i);
      for (let i = 0; i < flat.vertices.length; i += 2) data.push(flat.vertices[i]!, flat.vertices[i + 1]!, part.kind);
    }
    this.count = index.length;
    this.with = shader(gl, FLAT_VERTEX, FLAT_FRAGMENT);
    const feed = { data: buffer(gl, gl.ARRAY_BUFFER, new Float32Array(data)), type: gl.FLOAT, stride: 12 };
    this.from = vertices(
      gl,
      this.with,
      [{ ...feed, name: "a_place", size: 2, offset: 0 }, { ...feed, name: "a_kind", size: 1, offset: 8 }],
      buffer(gl, gl.ELEMENT_ARRAY_BUFFER, new Uint32Array(index)),
    );
  }

  draw(eye: Eye, one: Rgb, two: Rgb, opacity: number): void {
    if (!this.count) return;
    const { gl } = this;
    const { program, set } = this.with;
    gl.useProgram(program);
    gl.uniform4fv(set("u_view"), placed(eye, this.origin, SCALE));
    gl.uniform3fv(set("u_one"), one);
    gl.uniform3fv(set("u_two"), two);
    gl.uniform1f(set("u_opacity"), opacity);
    gl.bindVertexArray(this.from);
    gl.drawElements(gl.TRIANGLES, this.count, gl.UNSIGNED_INT, 0);
  }
}

/** About a metre in the Web Mercator world, so that float32 keeps millimetres over a city. */
const SCALE = 1 / 40_075_016.7;

function world([lon, lat]: GeoJSON.Position): [number, number] {
  return [lon! / 360 + 0.5, 0.5 - Math.asinh(Math.tan((lat! * Math.PI) / 180)) / (2 * Math.PI)];
}
function strings(of: GeoJSON.Geometry): GeoJSON.Position[][] {
  if (of.type === "LineString") return [of.coordinates];
  return of.type === "MultiLineString" ? of.coordinates : [];
}
function polygons(of: GeoJSON.Geometry): GeoJSON.Position[][][] {
  if (of.type === "Polygon") return [of.coordinates];
  return of.type === "MultiPolygon" ? of.coordinates : [];
}
