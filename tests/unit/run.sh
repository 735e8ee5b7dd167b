#!/usr/bin/env bash
# Runs the unit tests given as arguments, each in a process of its own; prints what failed and a closing line.
set -u
passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for t in "$@"; do
    if ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 timeout 600 "$t" >"$log" 2>&1; then
        n=$(grep -c '^\[       OK \]' "$log")
        printf '  ok     %-34s %s tests\n' "$(basename "$(dirname "$t")")/$(basename "$t")" "$n"
        passed=$((passed + n))
    else
        printf '  FAILED %s\n' "$t"
        tail -n 60 "$log"
        passed=$((passed + $(grep -c '^\[       OK \]' "$log")))
        failed=$((failed + 1))
    fi
done
echo "unit: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
