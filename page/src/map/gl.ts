// The few lines of WebGL2 that everything drawn on the ground canvas shares.

export type GL = WebGL2RenderingContext;
export type Setter = (name: string) => WebGLUniformLocation | null;
export interface Shader { program: WebGLProgram; set: Setter }

export function shader(gl: GL, vertex: string, fragment: string): Shader {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) {
    const part = gl.createShader(kind)!;
    gl.shaderSource(part, `#version 300 es\nprecision highp float;\n${source}`);
    gl.compileShader(part);
    gl.attachShader(program, part);
    gl.deleteShader(part);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
    throw new Error(gl.getProgramInfoLog(program) ?? "shader");
  const known = new Map<string, WebGLUniformLocation | null>();
  const set: Setter = (name) => {
    if (!known.has(name)) known.set(name, gl.getUniformLocation(program, name));
    return known.get(name)!;
  };
  return { program, set };
}

export function buffer(gl: GL, target: GLenum, data: AllowSharedBufferSource): WebGLBuffer {
  const made = gl.createBuffer();
  // A vertex array that is still bound would take a new index buffer for its own.
  gl.bindVertexArray(null);
  gl.bindBuffer(target, made);
  gl.bufferData(target, data, gl.STATIC_DRAW);
  return made;
}

export interface Attribute { name: string; data: WebGLBuffer; size: number; type: GLenum; stride?: number; offset?: number }

/** A vertex array: which buffers feed which attributes. */
export function vertices(gl: GL, of: Shader, attributes: Attribute[], index: WebGLBuffer | null = null): WebGLVertexArrayObject {
  const made = gl.createVertexArray();
  gl.bindVertexArray(made);
  for (const { name, data, size, type, stride = 0, offset = 0 } of attributes) {
    const where = gl.getAttribLocation(of.program, name);
    if (where < 0) continue;
    gl.bindBuffer(gl.ARRAY_BUFFER, data);
    gl.enableVertexAttribArray(where);
    gl.vertexAttribPointer(where, size, type, false, stride, offset);
  }
  if (index) gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, index);
  gl.bindVertexArray(null);
  return made;
}

export function texture(
  gl: GL,
  width: number,
  height: number,
  [internal, format, type]: readonly [GLenum, GLenum, GLenum],
  data: ArrayBufferView | null,
): WebGLTexture {
  const made = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, made);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  gl.texImage2D(gl.TEXTURE_2D, 0, internal, width, height, 0, format, type, data);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  return made;
}

export function bind(gl: GL, textures: WebGLTexture[]): void {
  textures.forEach((data, unit) => {
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, data);
  });
}

/** A picture that can be drawn into: a texture, smoothed by several samples a pixel where asked. */
export class Sheet {
  readonly texture: WebGLTexture;
  private readonly frame: WebGLFramebuffer;
  private readonly rough: { frame: WebGLFramebuffer; store: WebGLRenderbuffer } | null = null;

  constructor(
    private readonly gl: GL,
    readonly width: number,
    readonly height: number,
    samples = 0,
  ) {
    this.texture = texture(gl, width, height, [gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE], null);
    this.frame = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.frame);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.texture, 0);
    if (samples > 1) {
      this.rough = { frame: gl.createFramebuffer(), store: gl.createRenderbuffer() };
      gl.bindRenderbuffer(gl.RENDERBUFFER, this.rough.store);
      gl.renderbufferStorageMultisample(gl.RENDERBUFFER, samples, gl.RGBA8, width, height);
      gl.bindFramebuffer(gl.FRAMEBUFFER, this.rough.frame);
      gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.RENDERBUFFER, this.rough.store);
    }
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  draw(how: () => void, smoothly = false): void {
    const { gl, width, height } = this;
    const fine = smoothly && this.rough;
    gl.bindFramebuffer(gl.FRAMEBUFFER, fine ? fine.frame : this.frame);
    gl.viewport(0, 0, width, height);
    how();
    if (fine) {
      gl.bindFramebuffer(gl.READ_FRAMEBUFFER, fine.frame);
      gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, this.frame);
      gl.blitFramebuffer(0, 0, width, height, 0, 0, width, height, gl.COLOR_BUFFER_BIT, gl.NEAREST);
    }
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  drop(): void {
    this.gl.deleteTexture(this.texture);
    this.gl.deleteFramebuffer(this.frame);
    if (this.rough) {
      this.gl.deleteFramebuffer(this.rough.frame);
      this.gl.deleteRenderbuffer(this.rough.store);
    }
  }
}

/** What the eye sees: the middle in the Web Mercator world, and how many CSS pixels the world is wide. */
export interface Eye { x: number; y: number; world: number; width: number; height: number; zoom: number; ratio: number }

/** Clip space of places given as origin + scale * position: [sx, sy, tx, ty], in doubles until the end. */
export function placed(eye: Eye, origin: readonly [number, number], scale: number): [number, number, number, number] {
  const [sx, sy] = [(2 * eye.world) / eye.width, (-2 * eye.world) / eye.height];
  return [sx * scale, sy * scale, sx * (origin[0] - eye.x), sy * (origin[1] - eye.y)];
}

/** Half floats of whole centimetres as metres, for every int16, so that filling a texture is a look-up. */
export function halfMetres(cap: number): Uint16Array {
  const table = new Uint16Array(65536);
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  for (let i = 0; i < 65536; i++) {
    float[0] = Math.min((i >= 32768 ? i - 65536 : i) / 100, cap);
    const b = bits[0]!;
    const exponent = ((b >>> 23) & 255) - 112;
    const sign = (b >>> 16) & 0x8000;
    table[i] = exponent <= 0 ? sign : sign | (((exponent << 10) | ((b >>> 13) & 1023)) + ((b >>> 12) & 1));
  }
  return table;
}
