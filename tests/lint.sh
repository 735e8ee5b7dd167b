#!/usr/bin/env bash
# Formatting, static analysis of C, and shell scripts. Prints what is wrong; silent where all is well.
set -u
cd "$(dirname "$0")/.." || exit 1
bad=0
mapfile -t c_files < <(git ls-files --cached --others --exclude-standard '*.c' '*.h')
mapfile -t scripts < <(git ls-files --cached --others --exclude-standard '*.sh' '.ci/run')
clang-format --dry-run -Werror "${c_files[@]}" || bad=1
cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,portability --inline-suppr -j2 \
    --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches -I. core shim hooks tools || bad=1
shellcheck "${scripts[@]}" || bad=1
long=$(wc -l "${c_files[@]}" | awk '$2 != "total" && $1 > 600 {print "over 600 lines: " $2 " (" $1 ")"}')
[ -z "$long" ] || { echo "$long"; bad=1; }
[ "$bad" -eq 0 ] && echo "lint: clean"
exit "$bad"
