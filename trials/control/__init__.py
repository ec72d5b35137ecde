"""Digital and external controls, in rising risk."""
