#version 330
#pragma include "surface.glsl"
