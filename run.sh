#!/bin/sh
# Sets everything up in .venv and runs the first virtual trial; prints where its report is.
set -e
cd "$(dirname "$0")"
python="${PYTHON:-python3}"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Python 3.11 or newer is needed; set PYTHON to its path" >&2
    exit 1
}
if [ ! -x .venv/bin/pip ]; then
    # Debian and Ubuntu keep the module venv in a package of its own.
    if ! "$python" -c 'import ensurepip' 2>/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        { apt-get update -qq && apt-get install -y -qq python3-venv; } >/dev/null
    fi
    "$python" -m venv .venv || {
        rm -rf .venv
        echo "the module venv is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    }
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check --use-pep517 --editable .
.venv/bin/twin trial run diabetes_procova --out out/diabetes_procova "$@"
exec .venv/bin/twin demo --out out
