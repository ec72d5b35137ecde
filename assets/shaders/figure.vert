#version 330
// People, ghosts, tubes, floor and panels of the rehabilitation room. Vertex data: scenes/upload.py.
uniform mat4 p3d_ModelViewProjectionMatrix;
uniform mat4 p3d_ModelViewMatrix;
uniform mat4 p3d_ModelMatrix;
in vec4 p3d_Vertex;
in vec3 p3d_Normal;
in vec2 p3d_MultiTexCoord0;
in vec4 tint;
out vec3 world, seen, facing;
out vec2 uv;
out vec4 shade;

void main() {
    gl_Position = p3d_ModelViewProjectionMatrix * p3d_Vertex;
    world = (p3d_ModelMatrix * p3d_Vertex).xyz;
    seen = (p3d_ModelViewMatrix * p3d_Vertex).xyz;
    facing = mat3(p3d_ModelMatrix) * p3d_Normal;
    uv = p3d_MultiTexCoord0;
    shade = tint;
}
