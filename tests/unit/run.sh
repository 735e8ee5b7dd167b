#!/usr/bin/env bash
# Runs the unit tests given as arguments, each in a process of its own, as many at once as there are processors (4 at most); prints what
# failed and a closing line.
set -u
said=$(mktemp -d) || exit 1
trap 'rm -rf "$said"' EXIT
jobs=$(nproc)
[ "$jobs" -le 4 ] || jobs=4
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 said
# A test's output is kept below its number until it has ended, and printed at once.
# shellcheck disable=SC2016 # the inner shell's own words
printf '%s\n' "$@" | nl -ba | xargs -P "$jobs" -L 1 sh -c '
    log=$said/$1
    if timeout 600 "$2" >"$log" 2>&1; then
        echo "  ok     $(basename "$(dirname "$2")")/$(basename "$2"), $(grep -c "^\[       OK \]" "$log") tests"
    else
        { echo "  FAILED $2"; tail -n 60 "$log"; } >"$log.failed"
        cat "$log.failed"
    fi' sh
passed=$(find "$said" -type f ! -name "*.failed" -exec cat {} + | grep -c "^\[       OK \]")
failed=$(find "$said" -name '*.failed' | wc -l)
ran=$(find "$said" -type f ! -name '*.failed' | wc -l)
echo "unit: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$ran" -eq "$#" ]
