// Weak machines: one grey product, colour and coverage in one picture, blurred at full, half or quarter size.
uniform highp sampler2D layer, before;

// The card's own interpolation: a quarter of the fetches.
vec4 soft(vec2 at) {
    return texture(layer, (clamp(at, vec2(0.0), vec2(size - 1)) + 0.5) / vec2(size));
}

vec4 blur_light(ivec2 here) {
    vec2 pixel = vec2(here), tap = tap_step(pixel);
    vec4 sum = vec4(0.0);
    for (int t = -plan.w; t <= plan.w; ++t)
        sum += texelFetch(taps, ivec2(plan.z + t, plan.x), 0).r * soft(pixel - float(t) * tap);
    return sum;
}

// A blurred layer (`size` pixels, `level` times coarser than the picture) put behind what is there.
vec4 add_light(ivec2 here, float level) {
    vec4 s = soft((vec2(here) + 0.5) / level - 0.5);
    vec4 sum = texelFetch(before, here, 0);
    float k = min(1.0, clamp(1.0 - sum.a, 0.0, 1.0) / max(s.a, 0.02));
    return sum + k * s;
}
