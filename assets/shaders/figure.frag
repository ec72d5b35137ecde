#version 330
#pragma include "layer.glsl"
// Soft shading without baking: a large key lamp, sky light from above, and the figure's own capsules as the
// only things that cast shadow (I. Quilez, "Sphere occlusion" and "Capsule shadow", 2013-2018).
uniform mat4 p3d_ViewMatrixInverse;
uniform sampler2D picture;
uniform vec4 capsule_a[18];
uniform vec4 capsule_b[18];
uniform vec4 look;    // kind: 0 body, 1 ghost, 2 panel, 3 floor and walls, 4 glow; level; body of a ghost; -
in vec3 world, seen, facing;
in vec2 uv;
in vec4 shade;

const vec3 KEY = vec3(0.46, 0.50, 0.734);
const vec3 RIM = vec3(-0.66, -0.66, 0.36);
const float LEVEL = 300.0;   // cd/m2 of white under full light

float key_shadow(vec3 p) {
    float light = 1.0;
    for (int i = 0; i < 18; i++) {
        vec3 a = capsule_a[i].xyz, b = capsule_b[i].xyz;
        float r = mix(capsule_a[i].w, capsule_b[i].w, 0.5);
        vec3 ba = b - a, oa = p - a;
        float oad = dot(oa, KEY), dba = dot(KEY, ba), baba = dot(ba, ba), oaba = dot(oa, ba);
        float den = max(baba - dba * dba, 1e-6);
        float th = clamp((-oad * baba + dba * oaba) / den, 0.0, 4.0);
        float h = clamp((oaba + dba * th) / baba, 0.0, 1.0);
        th = max(dot(ba * h - oa, KEY), 1e-3);
        float d = length(oa + KEY * th - ba * h) - r;
        // A lamp of finite size: the penumbra widens with distance.
        light = min(light, mix(1.0, smoothstep(-0.5, 1.0, 7.0 * d / th), smoothstep(0.02, 0.10, th)));
    }
    return light;
}

float sky(vec3 p, vec3 n, float near) {
    float open = 1.0;
    for (int i = 0; i < 18; i++) {
        vec3 a = capsule_a[i].xyz, ba = capsule_b[i].xyz - a;
        float h = clamp(dot(p - a, ba) / max(dot(ba, ba), 1e-6), 0.0, 1.0);
        float r = mix(capsule_a[i].w, capsule_b[i].w, h);
        vec3 d = a + ba * h - p;
        float l = length(d);
        if (l < r * near) continue;
        open *= 1.0 - 0.85 * max(dot(n, d / l), 0.0) * (r * r) / (l * l);
    }
    return max(open, 0.08);
}

void main() {
    float metres = length(seen);
    vec3 v = normalize(p3d_ViewMatrixInverse[3].xyz - world), n = normalize(facing);
    float facing_eye = dot(n, v);
    if (facing_eye < 0.0) { n = -n; facing_eye = -facing_eye; }
    float edge = pow(1.0 - facing_eye, 2.4);
    if (look.x > 3.5) {
        emit(shade.rgb * LEVEL * look.y * (0.75 + 0.25 * n.z), 1.0, metres);
        return;
    }
    if (look.x > 1.5 && look.x < 2.5) {
        vec4 seen_picture = texture(picture, uv);
        float a = seen_picture.a * look.y;
        emit(seen_picture.rgb * LEVEL * 0.92 * a, a, metres);
        return;
    }
    if (look.x > 0.5 && look.x < 1.5) {
        float a = clamp(look.y * (look.z + 0.95 * edge), 0.0, 0.92) * shade.a;
        emit(shade.rgb * LEVEL * (0.75 + 0.5 * edge) * a, a, metres);
        return;
    }
    bool skin = look.x < 0.5;
    float direct = max(dot(n, KEY), 0.0);
    if (skin) direct = max((dot(n, KEY) + 0.18) / 1.18, 0.0);
    direct *= key_shadow(world + n * (skin ? 0.05 : 0.002));
    float open = sky(world, n, skin ? 1.25 : 0.9);
    vec3 above = mix(vec3(0.42, 0.38, 0.34), vec3(0.80, 0.86, 0.95), 0.5 + 0.5 * n.z);
    vec3 light = vec3(1.00, 0.95, 0.88) * 0.78 * direct + above * 0.52 * open;
    light += vec3(0.75, 0.85, 1.0) * 0.30 * max(dot(n, RIM), 0.0) * open * float(skin);
    vec3 colour = shade.rgb * light;
    if (skin) {
        vec3 half_way = normalize(v + KEY);
        colour += 0.045 * pow(max(dot(n, half_way), 0.0), 26.0) * direct;
        colour += 0.16 * edge * above * open;
    }
    // Far walls melt into an even light.
    if (!skin) colour = mix(colour, vec3(0.82, 0.84, 0.85), smoothstep(4.0, 9.0, length(world.xy)));
    emit(colour * LEVEL, 1.0, metres);
}
