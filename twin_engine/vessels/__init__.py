"""Flow and devices in vessels: 0-D networks, 1-D pulse waves, stenosis laws, centrelines, rods."""
