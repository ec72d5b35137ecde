"""A glTF 2.0 binary file and how numbers are packed into it.

Images are WebP (EXT_texture_webp); what glTF has no word for lies in `extras`. Light is kept as RGB9_E5: three
mantissas of nine bits with a shared exponent (OpenGL ES 3.0.6, section 3.8.3.2), which every WebGL2 device filters.
"""

import io
import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
MAGIC, JSON_CHUNK, BINARY_CHUNK = 0x46546C67, 0x4E4F534A, 0x004E4942
FLOAT, UINT32, UINT16 = 5126, 5125, 5123
BIAS, MANTISSA = 15, 9
LARGEST = 65408.0
QUALITY, SHARP_QUALITY = 88, 95
# A picture with letters that needs more bytes than this without loss is more picture than letters.
LARGEST_LOSSLESS = 600_000


class Glb:
    """Collects buffers, then writes the file.

    Attributes
    ----------
    tree : dict
        The JSON part; the caller adds nodes, meshes, materials.
    """

    def __init__(self) -> None:
        self.tree: dict[str, Any] = {"asset": {"version": "2.0", "generator": "twin"}, "bufferViews": [],
                                     "accessors": [], "images": [], "textures": []}  # fmt: skip
        self._parts: list[bytes] = []
        self._length = 0

    def view(self, data: bytes) -> int:
        """Bytes as a buffer view; its number."""
        self.tree["bufferViews"].append({"buffer": 0, "byteOffset": self._length, "byteLength": len(data)})
        padded = data + b"\0" * (-len(data) % 4)
        self._parts.append(padded)
        self._length += len(padded)
        return len(self.tree["bufferViews"]) - 1

    def accessor(self, values: Array, kind: str) -> int:
        """(n,) or (n, k) float32 or uint32 values as an accessor of type `kind`; its number."""
        made = np.ascontiguousarray(values)
        item: dict[str, Any] = {
            "bufferView": self.view(made.tobytes()), "count": len(made), "type": kind,
            "componentType": {"f4": FLOAT, "u4": UINT32, "u2": UINT16}[made.dtype.str[1:]],
        }  # fmt: skip
        if kind == "VEC3":
            item |= {"min": made.min(axis=0).tolist(), "max": made.max(axis=0).tolist()}
        self.tree["accessors"].append(item)
        return len(self.tree["accessors"]) - 1

    def image(self, pixels: Array, lossless: bool) -> int:
        """An 8-bit image, top row first, as a WebP texture; its number."""
        from PIL import Image

        def coded(**how: Any) -> bytes:
            out = io.BytesIO()
            Image.fromarray(pixels).save(out, "WEBP", method=4, exact=True, **how)
            return out.getvalue()

        data = coded(lossless=True) if lossless else coded(quality=QUALITY)
        if lossless and len(data) > LARGEST_LOSSLESS:
            data = coded(quality=SHARP_QUALITY)
        self.tree["images"].append({"bufferView": self.view(data), "mimeType": "image/webp"})
        source = len(self.tree["images"]) - 1
        self.tree["textures"].append({"extensions": {"EXT_texture_webp": {"source": source}}})
        return len(self.tree["textures"]) - 1

    def finish(self) -> bytes:
        """The file."""
        self.tree["buffers"] = [{"byteLength": self._length}]
        text = json.dumps(self.tree, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        body = b"".join(self._parts)
        total = 12 + 8 + len(text) + 8 + len(body)
        return b"".join([struct.pack("<3I", MAGIC, 2, total), struct.pack("<2I", len(text), JSON_CHUNK), text,
                         struct.pack("<2I", len(body), BINARY_CHUNK), body])  # fmt: skip


def shared_exponent(light: Array) -> NDArray[np.uint32]:
    """(..., 3) light as RGB9_E5 words."""
    c = np.clip(np.asarray(light, np.float64), 0.0, LARGEST)
    top = np.maximum(c.max(axis=-1), 2.0 ** (-BIAS - 1))
    exponent = np.maximum(-BIAS - 1, np.floor(np.log2(top))).astype(int) + 1 + BIAS
    over = np.floor(top / 2.0 ** (exponent - BIAS - MANTISSA) + 0.5) >= 2**MANTISSA
    exponent = exponent + over
    scale = 2.0 ** (exponent - BIAS - MANTISSA).astype(float)
    r, g, b = np.moveaxis(np.floor(c / scale[..., None] + 0.5).astype(np.uint32), -1, 0)
    words: NDArray[np.uint32] = r | g << np.uint32(9) | b << np.uint32(18) | exponent.astype(np.uint32) << np.uint32(27)
    return words


def from_shared_exponent(words: NDArray[np.uint32]) -> Array:
    """Light of RGB9_E5 words, (..., 3)."""
    parts = np.stack([(words >> np.uint32(s)) & np.uint32(511) for s in (0, 9, 18)], axis=-1).astype(float)
    exponent = (words >> np.uint32(27)).astype(int)
    return parts * (2.0 ** (exponent - BIAS - MANTISSA))[..., None]
