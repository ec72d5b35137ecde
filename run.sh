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
    "$python" -m venv .venv || {
        rm -rf .venv
        echo "the module venv is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    }
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable .
exec .venv/bin/twin trial run diabetes_procova --out out/diabetes_procova "$@"
