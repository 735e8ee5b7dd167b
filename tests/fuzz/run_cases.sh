#!/usr/bin/env bash
# run_cases.sh CASES BUILD PROGRAM... - each program (cases.c) runs CASES cases of each of its transforms, two programs at a time.
set -u
cases=$1 build=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
[ "$#" -gt 0 ] || { echo "no programs" >&2; exit 1; }
programs=()
for program in "$@"; do programs+=("$(realpath "$program")"); done
mkdir -p "$build/cases" && cd "$build/cases" || exit 1
# shellcheck disable=SC2016 # the inner shell's own words
printf '%s\n' "${programs[@]}" | xargs -P 2 -I{} sh -c '"$1" "$2" "$3/corpus/$(basename "$1")" || { echo "  FAILED $(basename "$1"), its input: '"$PWD"'/case-$(basename "$1")"; exit 1; }' \
    sh {} "$cases" "$here"
