// Baked light, box-projected probe, head lamps and retroreflection. Linear light, cd/m2.
#pragma include "layer.glsl"
uniform mat4 p3d_ViewMatrixInverse;
uniform sampler2D base_map, bump_map, light_map, direction_map;
uniform samplerCube probe;
uniform vec4 finish;     // roughness, reflectance at 0 deg (>= 1: metal), bump strength, emission cd/m2
uniform vec4 base;       // linear albedo, alpha threshold; below 0: alpha .4 is glass, 1 wall, bump_map holds what shines
uniform vec4 cover;      // retroreflection cd/lx/m2 (white), two-sided, transparency, tint masks emission
uniform vec3 probe_centre, probe_low, probe_high;
uniform vec4 probe_level; // median baked light, mip levels, 1 = box-projected, gain
uniform vec4 fog;        // luminance rgb, extinction 1/m
uniform vec3 beam_at;    // own head lamps: middle between them
uniform vec4 beam;       // peak cd of both, sigma across rad, stray cd, half distance between them
#ifdef WET
uniform sampler2D pond;  // what lies above the road, seen from the eye's image below it
uniform mat4 pond_matrix;
uniform vec4 wet;        // darkening of albedo, share of film, streak (in picture heights), ripple
#endif
in vec3 world, seen, facing;
in vec2 uv, chart;
in vec4 shade;

vec3 bumped(vec3 n) {
    // Tangent frame from screen derivatives: no extra vertex data.
    vec3 t = texture(bump_map, uv).xyz * 2.0 - 1.0;
    vec3 px = dFdx(world), py = dFdy(world);
    vec2 sx = dFdx(uv), sy = dFdy(uv);
    vec3 a = cross(py, n), b = cross(n, px);
    vec3 T = a * sx.x + b * sy.x, B = a * sx.y + b * sy.y;
    float scale = inversesqrt(max(max(dot(T, T), dot(B, B)), 1e-30));
    return normalize(n + finish.z * (T * scale * t.x + B * scale * t.y));
}

vec3 mirrored(vec3 r, float rough) {
    vec3 to = r;
    if (probe_level.z > 0.5) {
        vec3 far = (mix(probe_low, probe_high, step(0.0, r)) - world) / (r + sign(r) * 1e-6 + 1e-9);
        to = world + r * max(min(far.x, min(far.y, far.z)), 0.0) - probe_centre;
    }
    return textureLod(probe, to, sqrt(rough) * probe_level.y).rgb;
}

// Environment BRDF, analytic fit: B. Karis, "Physically Based Shading on Mobile", Unreal Engine, 2014.
vec2 brdf(float rough, float nv) {
    vec4 r = rough * vec4(-1.0, -0.0275, -0.572, 0.022) + vec4(1.0, 0.0425, 1.04, -0.04);
    float a = min(r.x * r.x, exp2(-9.28 * nv)) * r.x + r.y;
    return vec2(-1.04, 1.04) * a + r.zw;
}

// Low beam: Gaussian across, cut-off .57 deg below the horizon that rises to the right (assumption, see places/_light.py).
float beam_candela(vec3 d) {
    float across = atan(d.x, d.y), down = atan(-d.z, length(d.xy));
    float cut = 0.00995 - clamp(across * 0.12, 0.0, 0.0195);
    float below = smoothstep(cut - 0.004, cut + 0.006, down) * exp(-max(down - 0.02, 0.0) * 9.0);
    return beam.x * exp(-0.5 * across * across / (beam.y * beam.y)) * below + beam.z;
}

#ifdef WET
// A wet road: a film that mirrors along streaks, broken by the grain of the stones and by drier places.
vec3 pooled(vec3 n, vec3 v, float film) {
    vec4 at = pond_matrix * vec4(world + vec3(n.xy * wet.w * length(seen) * 0.02, 0.0), 1.0);
    vec2 centre = at.xy / max(at.w, 1e-4) * 0.5 + 0.5;
    if (at.w <= 0.0 || any(lessThan(centre, vec2(0.0))) || any(greaterThan(centre, vec2(1.0)))) return vec3(0.0);
    vec3 sum = vec3(0.0);
    float total = 0.0;
    // Taps jittered by interleaved gradient noise (J. Jimenez, SIGGRAPH 2014 courses).
    float jitter = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715)))) - 0.5;
    for (int i = -6; i <= 6; ++i) {
        float t = (float(i) + jitter) / 6.0, w = exp(-3.0 * t * t);
        vec2 here = centre + vec2(0.0, t * abs(t) * wet.z * (1.3 - film));
        sum += w * min(textureLod(pond, clamp(here, vec2(0.002), vec2(0.998)), 0.0).rgb, vec3(400.0));
        total += w;
    }
    vec2 env = brdf(0.34 - 0.26 * film, max(v.z, 0.0));
    return sum / total * (0.02 * env.x + env.y) * (0.25 + 0.75 * film) * wet.y;
}
#endif

void main() {
    float metres = length(seen);
    vec4 image = texture(base_map, uv);
    if (image.a * shade.a < base.a) discard;
    vec3 eye = p3d_ViewMatrixInverse[3].xyz;
    vec3 v = normalize(eye - world), n = normalize(facing);
    if (cover.y > 0.5 && dot(n, v) < 0.0) n = -n;
    vec3 albedo = image.rgb * base.rgb * shade.rgb;
    float glass = base.a < 0.0 ? (1.0 - image.a) / 0.6 : 0.0;
    float rough = mix(finish.x, 0.03, glass);
    vec3 plain = n;
    if (finish.z > 0.0) n = bumped(n);
    vec3 light = texture(light_map, chart).rgb;
    if (finish.z > 0.0) {
        vec3 d = texture(direction_map, chart).rgb * 2.0 - 1.0;
        light *= (0.5 + 0.5 * dot(n, d)) / max(0.5 + 0.5 * dot(plain, d), 0.1);
    }
    float metal = step(1.0, finish.y);
    vec3 f0 = mix(vec3(mix(finish.y, 0.15, glass)), albedo, metal);
    vec2 env = brdf(rough, max(dot(n, v), 0.0));
    // Dark corners must not shine: the probe was taken in the middle of the room.
    float level = dot(light, vec3(0.2126, 0.7152, 0.0722)) / max(probe_level.x, 1e-6);
    vec3 gleam = mirrored(reflect(-v, n), rough) * (f0 * env.x + env.y) * min(1.0, level + glass) * probe_level.w;
#ifdef WET
    float slow = texture(base_map, uv * 0.13).g + texture(base_map, uv * vec2(0.31, 0.07)).g;
    float film = smoothstep(0.30, 0.52, slow);
    albedo *= wet.x;
    gleam = pooled(n, v, film);
#endif
    vec3 colour = albedo * (1.0 - metal) * light + gleam;
    if (beam.x > 0.0) {
        vec3 ray = world - beam_at;
        float d2 = dot(ray, ray), lux = beam_candela(ray * inversesqrt(d2)) / d2 * step(0.0, ray.y);
        colour += albedo / 3.14159265 * lux * (max(dot(n, -ray) * inversesqrt(d2), 0.0) + 0.15 * finish.x * step(0.7, n.z) * 0.1);
        colour += cover.x * image.rgb * base.rgb * lux * step(0.0, dot(plain, v));
    }
    vec3 own = base.a < 0.0 ? texture(bump_map, uv).rgb : image.rgb * base.rgb * mix(vec3(1.0), shade.rgb, cover.w);
    colour += finish.w * (base.a < 0.0 ? own * own : own);
    float clear = exp(-fog.w * metres);
    colour = colour * clear + fog.rgb * (1.0 - clear);
    emit(colour * (1.0 - cover.z) + gleam * cover.z, 1.0 - cover.z, metres);
}
