"""The eye: refraction, optics, acuity, corrections."""
