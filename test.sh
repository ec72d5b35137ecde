#!/bin/sh
# Sets up everything, all extras included, and runs the linter, the type checker and the tests.
cd "$(dirname "$0")" || exit 1
python="${PYTHON:-python3}"
packages="python3-venv libegl1 libegl-mesa0 libgl1 libgl1-mesa-dri libglx-mesa0 ffmpeg chromium chromium-driver postgresql"
missing=""
if command -v dpkg >/dev/null 2>&1; then
    for package in $packages; do
        dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
    done
fi
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing; } \
            >/dev/null || echo "not installed:$missing; tests that need them are skipped" >&2
    else
        echo "for every test: sudo apt-get install$missing" >&2
    fi
fi
[ -x .venv/bin/pip ] || "$python" -m venv .venv || exit 1
.venv/bin/python -m pip install --quiet --disable-pip-version-check --use-pep517 --editable ".[all,test]" || exit 1
status=0
.venv/bin/ruff check . || status=1
.venv/bin/mypy || status=1
# One thread a worker: two workers share the cores, and numbers must not depend on threads.
OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 .venv/bin/python -m pytest -n 2 "$@" || status=$?
exit $status
