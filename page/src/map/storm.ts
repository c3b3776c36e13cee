// A storm on the graphics card: the two maps around now, and what stays the same all through it.

import type { Pack } from "../lib/pack";
import type { StormAbout } from "../lib/shapes";
import { texture, type GL } from "./gl";

/** What the map can show of a storm; the number is the shader's. */
export const MODES = ["depth", "peak", "arrival", "people", "cars", "difference"] as const;
export type Mode = (typeof MODES)[number];

/** What is shown of the storm: when, which map, and how far from the left still water is shown [0-1]. */
export interface StormLook {
  seconds: number;
  mode: Mode;
  split: number | null;
  /** Times between classes of arrival [s]. */
  edges: number[];
}

/** Classes are stored as multiples of this, so that between two cells the nearer one is drawn. */
export const CLASS_STEP = 40;
/** Arrival is stored as 1 to 255, 0 = never. */
const LAST = 254;

export class Storm {
  /** The part of the frame that water reaches: scale and offset from the frame to it. */
  readonly box: [number, number, number, number];
  readonly facts: WebGLTexture;
  readonly still: WebGLTexture;
  readonly seconds: number[];
  readonly total: number;
  private readonly width: number;
  private readonly height: number;
  private readonly place: Uint32Array;
  private readonly frames: Uint8Array;
  private readonly scratch: Uint8Array;
  private readonly maps: [WebGLTexture, WebGLTexture];
  private readonly held: [number, number] = [-1, -1];

  constructor(
    private readonly gl: GL,
    pack: Pack<StormAbout>,
    frame: { nx: number; ny: number },
  ) {
    const cells = pack.arrays.cells!.values as Int32Array;
    this.seconds = pack.about.seconds;
    this.total = this.seconds.at(-1)! || 1;
    const [left, top, width, height] = bounds(cells, frame);
    [this.width, this.height] = [width, height];
    this.box = [frame.nx / width, frame.ny / height, -left / width, -top / height];
    this.place = cells.length ? Uint32Array.from(cells, (cell) => (Math.floor(cell / frame.nx) - top) * width + (cell % frame.nx) - left) : new Uint32Array();
    this.frames = unrolled(pack.arrays.change!.values as Uint8Array, cells.length);
    this.scratch = new Uint8Array(width * height);
    const how = [gl.R8, gl.RED, gl.UNSIGNED_BYTE] as const;
    this.maps = [texture(gl, width, height, how, this.scratch), texture(gl, width, height, how, this.scratch)];
    this.facts = texture(gl, width, height, [gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE], this.steady(pack));
    this.still = texture(gl, width, height, [gl.RG8, gl.RG, gl.UNSIGNED_BYTE], this.compared(pack));
  }

  /** The maps before and after a time, and how far between them it lies; one upload when a map is passed. */
  around(seconds: number): { before: WebGLTexture; after: WebGLTexture; share: number } {
    const last = this.seconds.length - 1;
    let i = 0;
    while (i < last - 1 && this.seconds[i + 1]! <= seconds) i++;
    const j = Math.min(i + 1, last);
    // The two textures take turns: a map that is already there stays where it is.
    const first = this.held[1] === i || this.held[0] === j ? 1 : 0;
    this.hold(first, i);
    this.hold(1 - first, j);
    const span = this.seconds[j]! - this.seconds[i]! || 1;
    const share = Math.min(Math.max((seconds - this.seconds[i]!) / span, 0), 1);
    return { before: this.maps[first]!, after: this.maps[1 - first]!, share };
  }

  drop(): void {
    for (const one of [...this.maps, this.facts, this.still]) this.gl.deleteTexture(one);
  }

  private hold(slot: number, frame: number): void {
    if (this.held[slot] === frame) return;
    const { gl, scratch, place, frames } = this;
    scratch.fill(0);
    const from = frame * place.length;
    for (let k = 0; k < place.length; k++) scratch[place[k]!] = frames[from + k]!;
    gl.bindTexture(gl.TEXTURE_2D, this.maps[slot]!);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, this.width, this.height, gl.RED, gl.UNSIGNED_BYTE, scratch);
    this.held[slot] = frame;
  }

  /** Largest depth, arrival, danger to people and to cars: the last three carried a cell out over dry land, so that they do not fade at its edge. */
  private steady(pack: Pack<StormAbout>): Uint8Array {
    const { width, place, total } = this;
    const peak = pack.arrays.peak!.values;
    const arrival = pack.arrays.arrival!.values;
    const [people, cars] = [pack.arrays.people!.values, pack.arrays.cars!.values];
    const out = new Uint8Array(4 * width * this.height);
    for (let k = 0; k < place.length; k++) {
      const when = arrival[k]!;
      const at = 4 * place[k]!;
      out[at] = peak[k]!;
      if (when < pack.about.never) out[at + 1] = 1 + Math.min(Math.round((LAST * 60 * when) / total), LAST);
      out[at + 2] = CLASS_STEP * people[k]!;
      out[at + 3] = CLASS_STEP * cars[k]!;
    }
    const cells = width * this.height;
    const grown = out.slice();
    for (let k = 0; k < place.length; k++) {
      const from = place[k]!;
      if (!out[4 * from + 1]) continue;
      for (const step of [-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1]) {
        const to = from + step;
        if (to < 0 || to >= cells || out[4 * to + 1]) continue;
        for (const c of [1, 2, 3]) grown[4 * to + c] = Math.max(grown[4 * to + c]!, out[4 * from + c]!);
      }
    }
    return grown;
  }

  /** Still water, and how much deeper the storm is than it: 128 = alike, 2 cm a step. */
  private compared(pack: Pack<StormAbout>): Uint8Array {
    const still = pack.arrays.still!.values;
    const difference = pack.arrays.difference!.values;
    const out = new Uint8Array(2 * this.width * this.height);
    for (let i = 1; i < out.length; i += 2) out[i] = 128;
    for (let k = 0; k < this.place.length; k++) {
      const at = 2 * this.place[k]!;
      out[at] = still[k]!;
      out[at + 1] = Math.min(Math.max(Math.round(128 + difference[k]! / 2), 0), 255);
    }
    return out;
  }
}

/** How far into the storm, as the share that arrival is stored by. */
export const arrivalShare = (seconds: number, total: number): number => (1 + (LAST * seconds) / total) / 255;

/** Left, top, width and height of the cells with a dry rim, within the frame. */
function bounds(cells: Int32Array, { nx, ny }: { nx: number; ny: number }): [number, number, number, number] {
  if (!cells.length) return [0, 0, 1, 1];
  let [west, east] = [nx, 0];
  for (const cell of cells) {
    const column = cell % nx;
    if (column < west) west = column;
    if (column > east) east = column;
  }
  const [left, top] = [Math.max(west - 2, 0), Math.max(Math.floor(cells[0]! / nx) - 2, 0)];
  const [right, bottom] = [Math.min(east + 3, nx), Math.min(Math.floor(cells[cells.length - 1]! / nx) + 3, ny)];
  return [left, top, right - left, bottom - top];
}

/** Depth by frame from the changes between frames, counted modulo 256. */
function unrolled(change: Uint8Array, cells: number): Uint8Array {
  const out = change.slice();
  for (let i = cells; i < out.length; i++) out[i] = out[i]! + out[i - cells]!;
  return out;
}
