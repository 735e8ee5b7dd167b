#!/usr/bin/env bash
# run.sh SECONDS BUILD TARGET... - the target of the ELF reader and scanner runs for SECONDS, because a wrong answer of theirs ends a
# program; the others share as many. Each starts from its corpus in the tree and keeps what it finds under BUILD.
set -u
seconds=$1 build=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
[ "$#" -gt 0 ] || { echo "no fuzz targets" >&2; exit 1; }
others=0
for target in "$@"; do
    [ "$(basename "$target")" = fuzz_elf ] || others=$((others + 1))
done
passed=0 failed=0
for target in "$@"; do
    name=$(basename "$target")
    each=$seconds
    [ "$name" = fuzz_elf ] || each=$((seconds / others))
    [ "$each" -ge 1 ] || each=1
    seeds=$here/corpus/${name#fuzz_}
    grown=$build/corpus/$name
    mkdir -p "$grown"
    dict=()
    [ ! -e "$here/$name.dict" ] || dict=("-dict=$here/$name.dict")
    if "$target" -max_total_time="$each" -timeout=10 -rss_limit_mb=4096 -print_final_stats=0 -verbosity=0 "${dict[@]}" \
        -artifact_prefix="$build/" "$grown" "$seeds" >"$build/$name.log" 2>&1; then
        echo "  ok     $name (${each} s)"
        passed=$((passed + 1))
    else
        echo "  FAILED $name"
        tail -n 40 "$build/$name.log"
        failed=$((failed + 1))
    fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
