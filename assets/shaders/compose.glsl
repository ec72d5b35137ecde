// Second pass, and the layer put behind what is there: front to back, coverage disjoint in every channel.
uniform highp sampler2D colour_stack, cover_stack, before_colour, before_cover;

void blur_across_and_add(ivec2 here, out vec4 colour, out vec4 cover) {
    vec2 pixel = vec2(here);
    vec2 tap = tap_step(pixel);
    vec3 c = vec3(0.0), a = vec3(0.0);
    for (int product = 0; product < plan.y; ++product)
        for (int t = -plan.w; t <= plan.w; ++t) {
            vec3 w = texelFetch(taps, ivec2(plan.z + t, plan.x + product), 0).rgb;
            vec2 at = pixel - float(t) * tap;
            c += w * fetch(colour_stack, at, product * size.y).rgb;
            a += w * fetch(cover_stack, at, product * size.y).rgb;
        }
    vec3 C = texelFetch(before_colour, here, 0).rgb, A = texelFetch(before_cover, here, 0).rgb;
    // A divided kernel rings: coverage may fall a little below 0, and colour stays in step with it.
    vec3 k = min(vec3(1.0), clamp(1.0 - A, 0.0, 1.0) / max(a, vec3(0.02)));
    colour = vec4(C + k * c, 1.0);
    cover = vec4(A + k * a, 1.0);
}
