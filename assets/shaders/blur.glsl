// First pass: a layer (radiance x weight, weight) to stacks of colour and coverage, all products at once.
uniform highp sampler2D layer;

void blur_along(ivec2 here, out vec4 colour, out vec4 cover) {
    int product = here.y / size.y;
    vec2 pixel = vec2(here.x, here.y - product * size.y);
    vec2 tap = tap_step(pixel);
    vec3 c = vec3(0.0), a = vec3(0.0);
    for (int t = -plan.w; t <= plan.w; ++t) {
        vec3 w = texelFetch(taps, ivec2(plan.z + t, plan.x + product), 0).rgb;
        vec4 s = fetch(layer, pixel - float(t) * tap, 0);
        c += w * s.rgb;
        a += w * s.a;
    }
    colour = vec4(c, 1.0);
    cover = vec4(a, 1.0);
}
