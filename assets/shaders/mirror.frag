#version 330
// A mirror's own points projected into the picture of the reflected eye; its distance is that of the virtual image.
#pragma include "layer.glsl"
uniform sampler2D reflection, reflection_distance;
uniform mat4 image_matrix;
uniform float reflectance;
in vec4 world;

void main() {
    vec4 at = image_matrix * world;
    vec2 uv = at.xy / at.w * 0.5 + 0.5;
    vec3 colour = texture(reflection, uv).rgb;
    float metres = texture(reflection_distance, uv).r;
    emit(colour * reflectance, 1.0, metres > 0.0 ? metres : 6000.0);
}
