"""Skeletons, kinematics, dynamics, movement references and measures."""
