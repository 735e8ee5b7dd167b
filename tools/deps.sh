#!/usr/bin/env bash
# Installs what Headroom needs and this machine lacks: Debian packages, and into BUILD what Debian lacks (Python SDKs, and
# the tokenizer that tests compare with), in pinned versions. DRY_RUN=1 only says what it would install.
set -euo pipefail

build=${1:?usage: deps.sh BUILD_DIR}
python=${PYTHON:-python3}
here=$(cd "$(dirname "$0")/.." && pwd)

# what the program needs, then what its tests need
packages="gcc make libc6-dev libcjson-dev libsqlite3-dev libzstd-dev libbrotli-dev zlib1g-dev libhttp-parser-dev
    libncurses-dev libmicrohttpd-dev
    libssl-dev libcmocka-dev clang clang-format cppcheck shellcheck valgrind libclang-rt-14-dev
    python3 python3-venv curl openssl ca-certificates git wget binutils procps gcc-multilib unzip
    nginx-light libcurl4-openssl-dev libcurl3-gnutls php-cli php-curl ruby ruby-curb ruby-ethon luajit strace
    g++ libsimdjson-dev
    tmux chromium zsh fish mandoc
    locales libelf-dev libzydis-dev android-libboringssl binutils-aarch64-linux-gnu"

missing=""
for p in $packages; do
    [ "$(dpkg-query -W -f '${Status}' "$p" 2>/dev/null)" = "install ok installed" ] || missing="$missing $p"
done

stamp=$build/.deps-$(sha256sum "$here/tests/programs/requirements.txt" "$here/tools/deps.sh" | sha256sum | cut -c1-16)
if [ "${DRY_RUN:-}" = 1 ]; then
    [ -z "$missing" ] || echo "Debian packages:$missing"
    [ -e "$stamp" ] || echo "into $build: Python packages of tests/programs/requirements.txt, the rank files for tiktoken"
    [ -n "$missing" ] || [ ! -e "$stamp" ] || echo "nothing is missing"
    exit 0
fi

if [ -n "$missing" ]; then
    root=""
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "deps: not root and no sudo; install as root:$missing" >&2; exit 69; }
        root=sudo
    fi
    echo "deps: installing$missing"
    $root apt-get update -qq
    # shellcheck disable=SC2086 # a list of words
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

[ ! -e "$stamp" ] || exit 0
mkdir -p "$build"
echo "deps: Python packages into $build/venv"
rm -rf "$build/venv" "$build/tiktoken" "$build"/.deps-*
"$python" -m venv "$build/venv"
"$build/venv/bin/pip" install -q --disable-pip-version-check -r "$here/tests/programs/requirements.txt"

# The rank files of data/, under the names that tiktoken looks for.
mkdir -p "$build/tiktoken"
cp "$here/data/o200k_base.tiktoken" "$build/tiktoken/fb374d419588a4632f3f557e76b4b70aebbca790"
cp "$here/data/cl100k_base.tiktoken" "$build/tiktoken/9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
(cd "$build/tiktoken" && sha256sum -c --quiet <<'END'
446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d  fb374d419588a4632f3f557e76b4b70aebbca790
223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7  9b5ad71b2ce5302211f9c61530b329a4922fc6a4
END
)
touch "$stamp"
