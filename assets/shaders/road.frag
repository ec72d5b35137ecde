#version 330
// The road after rain.
#define WET
#pragma include "surface.glsl"
