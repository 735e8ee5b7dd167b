#!/usr/bin/env bash
# install.sh install|uninstall DESTDIR PREFIX VERSION BUILD - by rename, so that a library in use is never overwritten.
set -euo pipefail
what=$1 dest=$2 prefix=$3 version=$4 build=$5
root=$dest$prefix
here=$(cd "$(dirname "$0")/.." && pwd)

put() { # mode source target
    install -d -m 755 "$(dirname "$3")"
    install -m "$1" "$2" "$3.new$$"
    mv -f "$3.new$$" "$3"
}

refresh() { # the loader's cache, so that a bare LD_PRELOAD=libheadroom_preload.so finds the library
    [ -z "$dest" ] && [ "$(id -u)" -eq 0 ] && command -v ldconfig >/dev/null && ldconfig
    return 0
}

files="lib/libheadroom_preload.so lib/libheadroom.so lib/headroom/o200k_base.tokens lib/headroom/cl100k_base.tokens bin/headroom include/headroom.h lib/pkgconfig/headroom.pc
    share/man/man1/headroom.1 share/man/man5/headroom-config.5 share/bash-completion/completions/headroom
    share/zsh/site-functions/_headroom share/fish/vendor_completions.d/headroom.fish"

case $what in
install)
    for tokens in o200k_base cl100k_base; do # before the library that looks for them
        put 644 "$build/$tokens.tokens" "$root/lib/headroom/$tokens.tokens"
    done
    put 755 "$build/libheadroom.so" "$root/lib/libheadroom.so"
    put 755 "$build/libheadroom_preload.so" "$root/lib/libheadroom_preload.so"
    put 755 "$build/headroom" "$root/bin/headroom"
    put 644 "$here/core/headroom.h" "$root/include/headroom.h"
    put 644 "$here/docs/headroom.1" "$root/share/man/man1/headroom.1"
    put 644 "$here/docs/headroom-config.5" "$root/share/man/man5/headroom-config.5"
    put 644 "$here/tools/completion.bash" "$root/share/bash-completion/completions/headroom"
    put 644 "$here/tools/completion.zsh" "$root/share/zsh/site-functions/_headroom"
    put 644 "$here/tools/completion.fish" "$root/share/fish/vendor_completions.d/headroom.fish"
    pc=$(mktemp)
    # shellcheck disable=SC2016 # ${prefix} is for pkg-config
    printf 'prefix=%s\nlibdir=${prefix}/lib\nincludedir=${prefix}/include\n\nName: headroom\nDescription: %s\nVersion: %s\nLibs: -L${libdir} -lheadroom\nCflags: -I${includedir}\n' \
        "$prefix" "shrinks the tool results in LLM API requests, in process" "$version" >"$pc"
    put 644 "$pc" "$root/lib/pkgconfig/headroom.pc"
    rm -f "$pc"
    refresh
    echo "installed under $root; try: LD_PRELOAD=libheadroom_preload.so CMD, or headroom run -- CMD"
    ;;
uninstall)
    for f in $files; do
        rm -f "$root/$f"
    done
    rmdir "$root/lib/headroom" 2>/dev/null || true
    refresh
    echo "removed from $root"
    state=${XDG_STATE_HOME:-${HOME:-}/.local/state}/headroom
    [ ! -e "$state/headroom.db" ] || echo "kept: the database $state/headroom.db (decisions, originals, figures); remove it by hand if you want"
    for f in "${HOME:-/nonexistent}"/.{profile,bashrc,bash_profile,zshrc,zprofile,zshenv,config/fish/config.fish} /etc/environment /etc/ld.so.preload; do
        if [ -r "$f" ] && grep -q libheadroom_preload "$f"; then
            echo "still named in $f: take LD_PRELOAD=libheadroom_preload.so out of it"
        fi
    done
    ;;
*)
    echo "usage: install.sh install|uninstall DESTDIR PREFIX VERSION BUILD" >&2
    exit 64
    ;;
esac
