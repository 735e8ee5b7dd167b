#!/usr/bin/env bash
# run.sh BUILD PYTEST-ARGUMENT... - program tests, in as many parts at once as there are processors (4 at most: some tests wait for time to pass).
set -u
build=$1
shift
parts=$(nproc)
[ "$parts" -le 4 ] || parts=4
said=$(mktemp -d) || exit 1
trap 'rm -rf "$said"' EXIT

pids=()
for ((part = 0; part < parts; part++)); do
    HEADROOM_BUILD=$build HEADROOM_TESTS_PART=$part/$parts "$build/venv/bin/python" -m pytest -q -p no:cacheprovider "$@" \
        >"$said/$part" 2>&1 &
    pids+=($!)
done
failed=0
for ((part = 0; part < parts; part++)); do
    wait "${pids[part]}" || failed=1
    cat "$said/$part"
done
exit $failed
