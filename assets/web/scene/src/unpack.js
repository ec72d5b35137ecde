// The place's file inside the page: base64 -> gzip -> GLB.

const MAGIC = 0x46546c67;

function bytes(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const raw = atob(text), made = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; ++i) made[i] = raw.charCodeAt(i);
  return made;
}

export async function unpacked(text) {
  const stream = new Blob([bytes(text.trim())]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const KINDS = { 5126: Float32Array, 5125: Uint32Array, 5123: Uint16Array };
const LENGTHS = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4 };

export class Glb {
  constructor(data) {
    const head = new DataView(data.buffer, data.byteOffset);
    if (head.getUint32(0, true) !== MAGIC) throw new Error("not a GLB file");
    const length = head.getUint32(12, true);
    this.tree = JSON.parse(new TextDecoder().decode(data.subarray(20, 20 + length)));
    this.start = data.byteOffset + 28 + length;
    this.buffer = data.buffer;
  }

  view(number, Kind = Uint8Array) {
    const { byteOffset, byteLength } = this.tree.bufferViews[number];
    return new Kind(this.buffer, this.start + byteOffset, byteLength / Kind.BYTES_PER_ELEMENT);
  }

  accessor(number) {
    const { bufferView, componentType, type } = this.tree.accessors[number];
    return { values: this.view(bufferView, KINDS[componentType]), length: LENGTHS[type] };
  }

  // Pictures are stored top row first; row 0 of a texture is at the bottom.
  image(texture) {
    const { source } = this.tree.textures[texture].extensions.EXT_texture_webp;
    const { bufferView, mimeType } = this.tree.images[source];
    const options = { imageOrientation: "flipY", premultiplyAlpha: "none", colorSpaceConversion: "none" };
    return createImageBitmap(new Blob([this.view(bufferView)], { type: mimeType }), options);
  }
}
