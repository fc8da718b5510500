#!/usr/bin/env bash
# Builds the archives of a release into target/archives, for every target that is installed, with checksums and a krew manifest.
#   DIST_URL: where the archives will be found, without the last slash
#   DIST_TARGETS: which targets, separated by blanks
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
url=${DIST_URL:-https://downloads.invalid/kubectl-kubernaut/v$version}
targets=${DIST_TARGETS:-x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu}
out=target/archives
rm -rf "$out" && mkdir -p "$out"

# Whether a target can be built here: its standard library, and a C compiler and linker for it.
can_build() {
    local libraries
    libraries=$(rustc --print target-libdir --target "$1")
    ls "$libraries"/libstd-*.rlib >/dev/null 2>&1 || { echo "skipped $1: rustup target add $1" >&2; return 1; }
    [[ $1 == "$(rustc -vV | sed -n 's/^host: //p')" ]] && return 0
    command -v "${1%%-*}-linux-gnu-gcc" >/dev/null || { echo "skipped $1: install gcc-${1%%-*}-linux-gnu" >&2; return 1; }
}

# Panics name the source they come from: not where it lay on this machine.
export RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=crates --remap-path-prefix=$PWD=kubernaut"

archives=()
for target in $targets; do
    can_build "$target" || continue
    upper=$(tr 'a-z-' 'A-Z_' <<<"$target")
    if [[ $target != "$(rustc -vV | sed -n 's/^host: //p')" ]]; then
        export "CARGO_TARGET_${upper}_LINKER=${target%%-*}-linux-gnu-gcc" "CC_${target//-/_}=${target%%-*}-linux-gnu-gcc"
    fi
    echo "building $target" >&2
    KUBERNAUT_COMMIT=$(git rev-parse --short HEAD) KUBERNAUT_DATE=$(git log -1 --format=%cs) \
        cargo build --locked --profile dist --target "$target" --bin kubectl-kubernaut
    case ${target%%-*} in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) arch=${target%%-*} ;; esac
    folder=$out/kubectl-kubernaut
    mkdir -p "$folder/man"
    cp "target/$target/dist/kubectl-kubernaut" LICENSE README.md "$folder/"
    cp -r completions "$folder/"
    cp docs/man/*.1 "$folder/man/"
    archive=kubectl-kubernaut_${version}_linux_$arch.tar.gz
    tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$(git log -1 --format=%ct)" -C "$out" -cf - kubectl-kubernaut | gzip -n >"$out/$archive"
    rm -r "$folder"
    archives+=("$out/$archive")
done
[[ ${#archives[@]} -gt 0 ]] || { echo "no target can be built here" >&2; exit 1; }

(cd "$out" && sha256sum ./*.tar.gz | sed 's,\./,,' >SHA256SUMS)
packaging/krew-manifest.sh "$version" "$url" "${archives[@]}" >"$out/kubernaut.yaml"
ls -l "$out" >&2
