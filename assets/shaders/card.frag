#version 330
#pragma include "layer.glsl"
uniform sampler2D image;
uniform vec2 level;      // cd/m2 of white
in vec3 seen;
in vec2 uv;
void main() { emit(texture(image, uv).rgb * level.x, 1.0, length(seen)); }
