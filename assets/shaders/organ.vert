#version 330
// Wet tissue and instruments. Vertex data: see scenes/organ_mesh.py.
uniform mat4 p3d_ModelViewProjectionMatrix;
uniform mat4 p3d_ModelViewMatrix;
uniform mat4 p3d_ModelMatrix;
in vec4 p3d_Vertex;
in vec3 p3d_Normal;
in vec2 p3d_MultiTexCoord0;
in vec2 light_uv;
in vec4 tint;
out vec3 world, seen, facing, place;
out vec2 dark, stuff;
out vec4 shade;

void main() {
    gl_Position = p3d_ModelViewProjectionMatrix * p3d_Vertex;
    world = (p3d_ModelMatrix * p3d_Vertex).xyz;
    seen = (p3d_ModelViewMatrix * p3d_Vertex).xyz;
    facing = mat3(p3d_ModelMatrix) * p3d_Normal;
    place = p3d_Vertex.xyz * 1000.0;
    dark = p3d_MultiTexCoord0;
    stuff = light_uv;
    shade = tint;
}
