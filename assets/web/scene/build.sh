#!/bin/sh
# Builds dist/ from src/ in a temporary folder: needs npm; users of twin do not. The same bytes every time.
set -e
here="$(cd "$(dirname "$0")" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cp -r "$here/package.json" "$here/package-lock.json" "$here/src" "$work"
cd "$work"
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
npm run build --silent
cp node_modules/three/LICENSE dist/LICENSE.three.txt
out="${1:-$here/dist}"
mkdir -p "$out"
cp dist/scene.js dist/LICENSE.three.txt "$out"
