#!/usr/bin/env bash
# Prints the krew manifest of a release: krew-manifest.sh VERSION URL ARCHIVE...
# An archive is called ..._OS_ARCH.tar.gz, and will be found below URL.
set -euo pipefail
[[ $# -ge 3 ]] || { echo "usage: $0 VERSION URL ARCHIVE..." >&2; exit 2; }
version=$1 url=$2
shift 2

cat <<END
apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: kubernaut
spec:
  version: v$version
  homepage: ${url%/*}
  shortDescription: Decide about remediations that refuse to do harm
  description: |
    See, decide and try out remediations of alerts: approvals with the exact plan,
    blocks that only a person lifts, backoff, one target at a time. Hosts the
    controllers, too.
  caveats: |
    The controllers' kinds, roles and policies have to be in the cluster:
      kubectl kubernaut install
    Words are completed by kubectl after
      kubectl kubernaut completion kubectl --install DIR   # a folder of your PATH
  platforms:
END
for archive in "$@"; do
    name=$(basename "$archive" .tar.gz)
    arch=${name##*_} rest=${name%_*}
    cat <<END
  - selector:
      matchLabels:
        os: ${rest##*_}
        arch: $arch
    uri: $url/$(basename "$archive")
    sha256: $(sha256sum "$archive" | cut -d' ' -f1)
    files:
    - from: kubectl-kubernaut/kubectl-kubernaut
      to: .
    - from: kubectl-kubernaut/LICENSE
      to: .
    bin: kubectl-kubernaut
END
done
