// Depth layers: premultiplied tent weight over vergence (1/m) between the neighbouring nodes.
// tent = (below, node, above); below >= above: no layer, everything is drawn with weight 1.
uniform vec3 tent;
layout(location = 0) out vec4 radiance;
layout(location = 1) out vec4 distance_out;

float tent_weight(float metres) {
    if (tent.x >= tent.z) return 1.0;
    float v = 1.0 / metres;
    float rise = tent.y > tent.x ? (v - tent.x) / (tent.y - tent.x) : 1.0;
    float fall = tent.z > tent.y ? (tent.z - v) / (tent.z - tent.y) : 1.0;
    return clamp(min(rise, fall), 0.0, 1.0);
}

void emit(vec3 colour, float alpha, float metres) {
    float w = tent_weight(metres);
    if (w <= 0.0) discard;
    radiance = vec4(colour * w, alpha * w);
    distance_out = vec4(metres, 0.0, 0.0, alpha);
}
