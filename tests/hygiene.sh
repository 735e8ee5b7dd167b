#!/usr/bin/env bash
# hygiene.sh BUILD - what the two shared objects look like from outside (HOOKS.md 1, 5).
set -u
build=$1
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0

check() { # description, command...
    local what=$1 out
    shift
    if out=$("$@" 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '  FAILED %s\n%s\n' "$what" "$out"
    fi
}

exports_are_listed() { # library
    diff <(grep "^$1 " "$here/exports.txt" | cut -d' ' -f2 | sort) \
        <(nm -D --defined-only "$build/$1" | awk '{print $3}' | sort)
}
no_version_definitions() { ! readelf --version-info "$build/$1" | grep -q 'Version definition section'; }
no_textrel() { ! readelf -d "$build/$1" | grep -q TEXTREL; }
needs_only() { # library, allowed needed
    diff <(tr ' ' '\n' <<<"$2" | sort) <(readelf -d "$build/$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort)
}
newest_glibc() { # library, limit
    local newest
    newest=$(objdump -T "$build/$1" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1)
    echo "newest symbol version is $newest, limit $2"
    [ "$(printf '%s\n' "$newest" "$2" | sort -V | tail -1)" = "$2" ]
}
no_fortified_names() { ! nm -D --undefined-only "$build/$1" | grep -E '__[a-z]+_chk'; }
bind_now() { LD_BIND_NOW=1 LD_PRELOAD=$build/libheadroom_preload.so /bin/true; }
small_tls() { # at most 64 bytes of static TLS
    local size
    size=$(readelf -lW "$build/$1" | awk '$1 == "TLS" {print strtonum($6)}')
    [ -z "$size" ] || [ "$((size))" -le 64 ]
}
no_rpath() { ! readelf -d "$build/$1" | grep -E 'RPATH|RUNPATH'; }
is_nodelete() { readelf -d "$build/$1" | grep -q NODELETE; }

build=$(cd "$build" && pwd) && [ -e "$build/libheadroom.so" ] && [ -e "$build/libheadroom_preload.so" ] || exit 1
for lib in libheadroom_preload.so libheadroom.so; do
    check "$lib: exports equal tests/exports.txt" exports_are_listed $lib
    check "$lib: no version definitions (interposition would stop)" no_version_definitions $lib
    check "$lib: no text relocations" no_textrel $lib
    check "$lib: no run path" no_rpath $lib
    check "$lib: stays loaded (-z nodelete)" is_nodelete $lib
done
check "preload library needs libc only" needs_only libheadroom_preload.so "libc.so.6"
check "preload library: newest symbol is GLIBC_2.17" newest_glibc libheadroom_preload.so GLIBC_2.17
check "preload library: no fortified names (musl has none)" no_fortified_names libheadroom_preload.so
check "preload library: at most 64 bytes of static TLS" small_tls libheadroom_preload.so
check "LD_BIND_NOW=1 works" bind_now
echo "hygiene: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
