// Linear light to the display: veil, fixed exposure, identity to .7 of white, hue-keeping shoulder, dither, sRGB.
uniform highp sampler2D picture, picture_cover, veil;
uniform vec4 exposure;             // 1 / white (m2/cd), kept share of light, veil in use, dither seed
uniform ivec2 offset;              // guard band, pixels

vec3 shoulder(vec3 light) {
    float m = max(light.r, max(light.g, light.b));
    if (m <= 0.7) return light;
    return light * ((0.7 + 0.3 * (1.0 - exp((0.7 - m) / 0.3))) / m);
}

// Transfer function of IEC 61966-2-1.
vec3 srgb(vec3 light) {
    light = clamp(light, 0.0, 1.0);
    return mix(12.92 * light, 1.055 * pow(light, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, light));
}

// PCG hash of position and seed (Jarzynski and Olano 2020, J Comput Graph Tech 9(3):21), 0..1.
float noise(uvec3 v) {
    v = v * 1664525u + 1013904223u;
    v.x += v.y * v.z; v.y += v.z * v.x; v.z += v.x * v.y;
    v ^= v >> 16u;
    v.x += v.y * v.z;
    return float(v.x >> 8u) / 16777216.0;
}

vec3 light_at(ivec2 here) {
    ivec2 at = here + offset;
    vec3 c = texelFetch(picture, at, 0).rgb / max(texelFetch(picture_cover, at, 0).rgb, vec3(1e-6));
    if (exposure.z > 0.5) c = c * exposure.y + texture(veil, (vec2(at) + 0.5) / vec2(textureSize(picture, 0))).rgb;
    return c;
}

vec3 shown(vec3 light, ivec2 here) {
    vec3 code = srgb(shoulder(max(light, 0.0) * exposure.x));
    float d = noise(uvec3(uint(here.x), uint(here.y), uint(exposure.w))) - 0.5;
    return code + d / 255.0;
}
