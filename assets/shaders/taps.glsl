// One pass of a separable blur: bodies shared by Panda3D (330) and WebGL2 (300 es); the host adds the header.
// Positions count pixels, row 0 at the bottom. A stack holds one picture of `size` a product, bottom to top.
uniform highp sampler2D taps;      // one row a factor: (along, across) of every product of every node
uniform ivec2 size;                // pixels of one picture
uniform ivec4 plan;                // first row in `taps`, products, middle tap, taps in use on each side
uniform vec2 direction;            // unit step of a tap, pixels, rows upwards
uniform vec4 field;                // tangents of the lower left corner and of one pixel; all 0: no correction

// Off axis a pixel subtends less: (1 + R^2) along the radius, sqrt(1 + R^2) across it.
vec2 tap_step(vec2 pixel) {
    vec2 t = field.xy + (pixel + 0.5) * field.zw;
    float r2 = dot(t, t), root = sqrt(1.0 + r2);
    float along = dot(t, direction) / max(r2, 1e-12);
    return root * (direction + (root - 1.0) * along * t);
}

// Bilinear by hand: the same in every host; whole pixels cost one fetch.
vec4 fetch(highp sampler2D image, vec2 at, int base) {
    at = clamp(at, vec2(0.0), vec2(size - 1));
    vec2 low = floor(at), f = at - low;
    ivec2 a = ivec2(low), b = min(a + 1, size - 1);
    a.y += base;
    b.y += base;
    vec4 s = texelFetch(image, a, 0);
    if (f.x > 0.0) s = mix(s, texelFetch(image, ivec2(b.x, a.y), 0), f.x);
    if (f.y > 0.0) {
        vec4 t = texelFetch(image, ivec2(a.x, b.y), 0);
        if (f.x > 0.0) t = mix(t, texelFetch(image, b, 0), f.x);
        s = mix(s, t, f.y);
    }
    return s;
}
