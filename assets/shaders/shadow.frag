#version 330
// Shade of a moving thing on the ground: darkens what is there by the baked ratio of light with and without it.
#pragma include "layer.glsl"
uniform sampler2D light_map;
uniform vec4 base;       // open-ground light in x
in vec3 world, seen, facing;
in vec2 uv, chart;
in vec4 shade;

void main() {
    float ratio = texture(light_map, chart).g / base.x;
    vec2 edge = min(uv, 1.0 - uv);
    float dark = clamp(1.0 - ratio, 0.0, 1.0) * smoothstep(0.0, 0.12, min(edge.x, edge.y));
    float w = tent_weight(length(seen));
    if (w <= 0.0) discard;
    radiance = vec4(0.0, 0.0, 0.0, dark);
    distance_out = vec4(0.0);
}
