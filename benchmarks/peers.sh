#!/bin/sh
# The solvers we compare with, in an environment of their own: they pin old or large packages.
# What cannot be installed here is left out, and the benchmarks then say so.
set -e
cd "$(dirname "$0")/.."
python3 -m venv .venv-peers
pip=.venv-peers/bin/pip
$pip install --quiet --upgrade pip "setuptools<81" wheel
$pip install --quiet numpy scipy pandas numba
$pip install --quiet "jax[cpu]" diffrax || echo "diffrax: not installed"
$pip install --quiet --no-deps gym==0.9.4 simglucose==0.2.11 || echo "simglucose: not installed"
$pip install --quiet six requests pyglet || true
$pip install --quiet cmake scikit-build ninja && $pip install --quiet --no-build-isolation numbalsoda \
    || echo "numbalsoda: not built (it needs a C++ and a Fortran compiler)"
