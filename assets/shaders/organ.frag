#version 330
// Wet tissue: wrapped diffuse that bleeds red, two GGX lobes, a reflected operating room. Linear light.
#pragma include "layer.glsl"
uniform mat4 p3d_ViewMatrixInverse;
uniform sampler3D grain;      // fractal, Worley F1, F2 - F1, smooth; tiles
uniform vec3 key, fill, back; // directions towards the lights
uniform vec4 power;           // key, fill, back, ambient
uniform vec4 scope;           // laparoscope: 1 = light beside the eye, full brightness within y mm, offset z m, 0
uniform float fine;           // how much finer the noise is than in a hand-sized organ
uniform float clear;          // share of light let through (planning view)
in vec3 world, seen, facing, place;
in vec2 dark;                 // ambient occlusion, key light that arrives
in vec2 stuff;                // translucency, pattern + wetness (integer part, fraction)
in vec4 shade;                // albedo, relief in mm

const float PI = 3.14159265;

vec3 own = vec3(0.0);

float relief(vec3 p, float kind) {
    if (kind < 0.5) return 0.55 * texture(grain, p / 41.0).r + 0.30 * texture(grain, p / 13.0).r;          // serosa
    if (kind < 1.5) {                                                                                      // muscle
        vec3 q = p + 5.0 * texture(grain, p / 60.0).www;
        return 0.45 * texture(grain, vec3(q.x - q.y, q.y * 0.35, q.z + 0.6 * q.x) / vec3(19.0, 90.0, 15.0)).r + 0.2 * texture(grain, p / 12.0).r;
    }
    if (kind < 2.5) return 1.2 * (1.0 - texture(grain, p / 46.0).g) + 0.35 * texture(grain, p / 12.0).r;   // fat
    if (kind < 3.5) return 0.5 * texture(grain, p / 9.0).r + 0.5 * texture(grain, p / 22.0).g;             // granular
    if (kind < 4.5) return 0.12 * texture(grain, p * vec3(0.004, 0.15, 0.15)).r;                           // steel
    if (kind < 5.5) return 0.25 * texture(grain, p / 9.0).r;                                               // board
    if (kind < 6.5) return 0.75 * texture(grain, p / 27.0).r + 0.30 * texture(grain, p / 8.0).r;           // cut face
    return 0.3 * (texture(grain, p / 30.0).b) + 0.2 * texture(grain, p / 12.0).r;                          // lobular
}

vec3 bumped(vec3 n, float height) {
    // Surface gradient from screen derivatives (Mikkelsen 2010, "Bump Mapping Unparametrized Surfaces on the GPU").
    vec3 px = dFdx(own), py = dFdy(own);
    float hx = dFdx(height), hy = dFdy(height);
    vec3 a = cross(py, n), b = cross(n, px);
    float det = dot(px, a);
    vec3 g = sign(det) * (hx * a + hy * b) / max(abs(det), 1e-9);
    float l = length(g);
    // Slivers have no usable derivatives.
    if (!(l < 1e6)) return n;
    return normalize(n - g * min(1.0, 1.1 / max(l, 1e-6)));
}

float ggx(float nh, float a) {
    float a2 = a * a, d = nh * nh * (a2 - 1.0) + 1.0;
    return a2 / (PI * d * d);
}

vec3 room(vec3 r, float blur) {
    vec3 c = mix(vec3(0.035, 0.037, 0.040), vec3(0.26, 0.28, 0.31), smoothstep(-0.35, 0.95, r.z));
    vec3 t = normalize(cross(key, vec3(0.0, 0.0, 1.0))), u = cross(t, key);
    for (int i = 0; i < 7; i++) {
        float angle = float(i) * 1.0472;
        vec3 d = normalize(key + (i < 6 ? 0.17 * (cos(angle) * t + sin(angle) * u) : vec3(0.0)));
        float c0 = cos(0.075 + blur);
        c += vec3(7.0, 6.7, 6.3) * smoothstep(c0 - 0.004 - 0.5 * blur * blur, c0 + 0.003, dot(r, d)) / (1.0 + 60.0 * blur * blur);
    }
    // Window: a bright panel on the fill side.
    vec3 w = normalize(fill);
    vec3 wt = normalize(cross(w, vec3(0.0, 0.0, 1.0))), wu = cross(wt, w);
    float along = dot(r, w);
    vec2 q = vec2(dot(r, wt), dot(r, wu)) / max(along, 1e-3);
    float soft = 0.05 + blur;
    float panel = smoothstep(0.42 + soft, 0.42 - soft, abs(q.x)) * smoothstep(0.30 + soft, 0.30 - soft, abs(q.y)) * step(0.0, along);
    panel *= 1.0 - 0.75 * smoothstep(0.03 + blur, 0.012, abs(q.x));
    return c + vec3(1.5, 1.7, 1.95) * panel;
}

vec3 lit(vec3 n, vec3 v, vec3 l, vec3 albedo, vec3 wrap, float wet, vec3 shadow, float metal) {
    float nl = dot(n, l);
    vec3 diffuse = albedo * max(vec3(0.0), (nl + wrap) / ((1.0 + wrap) * (1.0 + wrap)));
    vec3 h = normalize(l + v);
    float nh = max(dot(n, h), 0.0), vh = max(dot(v, h), 0.0);
    float fresnel = mix(0.028, 0.55, metal) + (1.0 - mix(0.028, 0.55, metal)) * pow(max(1.0 - vh, 0.0), 5.0);
    float shine = (0.30 * wet * fresnel * ggx(nh, mix(0.16, 0.24, metal)) + 0.035 * ggx(nh, 0.42)) * max(nl, 0.0);
    diffuse *= 1.0 - 0.85 * metal;
    return (diffuse + vec3(shine) * (metal > 0.5 ? albedo * 3.0 : vec3(1.0))) * shadow;
}

void main() {
    own = place * fine;
    float metres = length(seen);
    vec3 eye = p3d_ViewMatrixInverse[3].xyz;
    vec3 v = normalize(eye - world), n = normalize(facing + 1e-5 * v);
    if (dot(n, v) < -0.15) n = -n;
    float kind = floor(stuff.y), wet = fract(stuff.y) * 1.02;
    float height = shade.a * relief(own, kind);
    n = bumped(n, height);
    vec3 albedo = shade.rgb;
    float mottle = texture(grain, own / 53.0).r - 0.5;
    if (kind < 3.5 || kind > 5.5) albedo *= 1.0 + 0.34 * mottle;
    if (kind < 0.5 || (kind > 6.5)) {
        // Serosal vessels: iso-lines of a smooth noise, thin, only where a second noise allows.
        float field = texture(grain, own / 170.0).a - 0.5;
        float width = fwidth(field) + 0.006;
        float line = (1.0 - smoothstep(0.35 * width, width, abs(field))) * smoothstep(0.45, 0.62, texture(grain, own / 97.0).a);
        albedo = mix(albedo, albedo * vec3(0.78, 0.38, 0.36), 0.62 * line);
    }
    if (kind > 1.5 && kind < 2.5) albedo *= mix(vec3(0.86, 0.74, 0.60), vec3(1.06), texture(grain, own / 46.0).b * 2.0);
    if (kind > 6.5) {
        // Lobules outlined by inhaled carbon along their septa.
        float edge = 1.0 - smoothstep(0.02, 0.20, texture(grain, own / 62.0).b);
        albedo = mix(albedo, albedo * vec3(0.60, 0.60, 0.66), 0.75 * edge * smoothstep(0.40, 0.65, texture(grain, own / 150.0).r));
    }
    float metal = step(3.5, kind) * step(kind, 4.5);
    vec3 wrap = vec3(0.42, 0.24, 0.19) * stuff.x;
    float ao = dark.x;
    vec3 shadow = pow(vec3(max(dark.y, 1e-3)), vec3(mix(1.0, 0.5, stuff.x), 1.0, 1.08));
    vec3 colour;
    vec3 bleed = mix(vec3(ao), pow(vec3(ao), vec3(0.62, 1.0, 1.05)), stuff.x);
    if (scope.x > 0.5) {
        vec3 side = normalize(cross(v, vec3(0.0, 0.0, 1.0)));
        vec3 lamp = eye + scope.z * side - world;
        float d = length(lamp) * 1000.0;
        float fall = min(1.35, (scope.y * scope.y) / (d * d));
        colour = lit(n, v, normalize(lamp), albedo, wrap, wet, vec3(fall) * mix(bleed, vec3(1.0), 0.55), metal) * 3.5;
        colour += albedo * bleed * 0.10 * fall;
        vec3 r = reflect(-v, n);
        float f = 0.028 + 0.972 * pow(clamp(1.0 - dot(n, v), 0.0, 1.0), 5.0);
        colour += (metal > 0.5 ? 0.35 : wet * f) * vec3(0.55, 0.34, 0.28) * fall * bleed;
    } else {
        colour = power.x * lit(n, v, key, albedo, wrap, wet, shadow * mix(bleed, vec3(1.0), 0.6), metal);
        colour += power.y * lit(n, v, fill, albedo, wrap, wet, bleed, metal);
        colour += power.z * lit(n, v, back, albedo, wrap, wet, bleed, metal);
        colour += albedo * bleed * power.w * mix(vec3(0.55, 0.52, 0.50), vec3(1.0, 1.02, 1.05), 0.5 + 0.5 * n.z);
        vec3 r = reflect(-v, n);
        float f = mix(0.028, 0.5, metal) + (1.0 - mix(0.028, 0.5, metal)) * pow(clamp(1.0 - dot(n, v), 0.0, 1.0), 5.0);
        float blur = mix(mix(0.22, 0.03, wet), 0.10, metal);
        colour += room(r, blur) * f * mix(0.15, 1.0, max(wet, metal)) * ao * mix(0.5, 1.0, dark.y) * (metal > 0.5 ? 0.9 : 1.0);
    }
    float rim = pow(clamp(1.0 - abs(dot(normalize(facing + 1e-5 * v), v)), 0.0, 1.0), 2.0);
    float alpha = clear > 0.0 ? mix(1.0 - clear, 0.85, rim) : 1.0;
    if (any(isnan(colour)) || any(isinf(colour))) colour = albedo * bleed;
    emit(colour * alpha, alpha, metres);
}
