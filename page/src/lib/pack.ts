// Reads a pack: named arrays in one file (the format is told in fjordby/study/pack.py).

export type PackArray = Float64Array | Float32Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Uint8Array;
export interface Pack<About> {
  arrays: Record<string, { values: PackArray; shape: number[] }>;
  about: About;
}
interface Entry { dtype: string; shape: number[]; offset: number; coding: "plain" | "smooth" }

const PLAIN = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
} as const;

export function readPack<About>(buffer: ArrayBuffer): Pack<About> {
  const head = new DataView(buffer);
  if (head.getUint32(0) !== 0x464a5031) throw new Error("not a pack");
  const size = head.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, size))) as {
    arrays: Record<string, Entry>;
    about: About;
  };
  const arrays: Pack<About>["arrays"] = {};
  for (const [name, entry] of Object.entries(header.arrays)) {
    const at = 8 + size + entry.offset;
    const count = entry.shape.reduce((a, b) => a * b, 1);
    const row = entry.shape[entry.shape.length - 1] || 1;
    let values: PackArray;
    if (entry.coding === "plain") values = new PLAIN[entry.dtype as keyof typeof PLAIN](buffer, at, count);
    else if (entry.dtype === "int16") values = smooth16(new Uint8Array(buffer, at, 2 * count), count, row);
    else values = smooth32(new Uint8Array(buffer, at, 4 * count), count, row);
    arrays[name] = { values, shape: entry.shape };
  }
  return { arrays, about: header.about };
}

function smooth16(bytes: Uint8Array, count: number, row: number): Int16Array {
  const out = new Int16Array(count);
  for (let start = 0; start < count; start += row) {
    let value = 0;
    for (let i = start; i < start + row; i++) {
      const folded = bytes[i]! | (bytes[count + i]! << 8);
      value += (folded >>> 1) ^ -(folded & 1);
      out[i] = value;
    }
  }
  return out;
}

function smooth32(bytes: Uint8Array, count: number, row: number): Int32Array {
  const out = new Int32Array(count);
  for (let start = 0; start < count; start += row) {
    let value = 0;
    for (let i = start; i < start + row; i++) {
      const folded = bytes[i]! | (bytes[count + i]! << 8) | (bytes[2 * count + i]! << 16) | (bytes[3 * count + i]! << 24);
      value = (value + ((folded >>> 1) ^ -(folded & 1))) | 0;
      out[i] = value;
    }
  }
  return out;
}
