#!/usr/bin/env bash
# run.sh SECONDS BUILD TARGET... - the target of the ELF reader and scanner runs for SECONDS, because a wrong answer of theirs ends a
# program; the others share as many. Each starts from its corpus in the tree and keeps what it finds under BUILD; two run at a time.
set -u
seconds=$1 build=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
[ "$#" -gt 0 ] || { echo "no fuzz targets" >&2; exit 1; }
others=0
for target in "$@"; do
    [ "$(basename "$target")" = fuzz_elf ] || others=$((others + 1))
done

# run TARGET: 0, or what it said and 1
run() {
    local name each grown dict=()
    name=$(basename "$1")
    each=$seconds
    [ "$name" = fuzz_elf ] || each=$((seconds / others))
    [ "$each" -ge 1 ] || each=1
    grown=$build/corpus/$name
    mkdir -p "$grown"
    [ ! -e "$here/$name.dict" ] || dict=("-dict=$here/$name.dict")
    if "$1" -max_total_time="$each" -timeout=10 -rss_limit_mb=4096 -print_final_stats=0 -verbosity=0 "${dict[@]}" \
        -artifact_prefix="$build/" "$grown" "$here/corpus/${name#fuzz_}" >"$build/$name.log" 2>&1; then
        echo "  ok     $name (${each} s)"
    else
        # One write, so that two that fail do not mix.
        printf '  FAILED %s\n%s\n' "$name" "$(tail -n 40 "$build/$name.log")"
        return 1
    fi
}

passed=0 failed=0 running=0
ended() {
    if wait -n; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    running=$((running - 1))
}
for target in "$@"; do
    [ "$running" -lt 2 ] || ended
    run "$target" &
    running=$((running + 1))
done
while [ "$running" -gt 0 ]; do ended; done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
