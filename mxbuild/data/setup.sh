#!/bin/sh
# Sets mxbuild up on a machine without a network, out of the file that this script came in:
#     tar -xf FILE setup.sh && sh setup.sh FILE [DIRECTORY]
# Root's right is asked for only where Python cannot make environments yet.
set -eu
file=${1:?usage: sh setup.sh FILE [DIRECTORY]}
place=${2:-$HOME/.local/share/mxbuild/mxbuild}
python=@PYTHON@

if [ "$(uname -m)" != @ARCH@ ]; then
    echo "$file is for" @ARCH@ "and this machine is $(uname -m)" >&2
    exit 4
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tar -xf "$file" -C "$scratch" SHA256SUMS @DIRECTORIES@
(cd "$scratch" && sha256sum --quiet -c SHA256SUMS)

if ! "$python" -c 'import ensurepip, venv' 2> "$scratch/why"; then
    if [ ! -d "$scratch/debs" ]; then
        cat "$scratch/why" >&2
        echo "$python cannot make environments, and $file has no Debian packages" >&2
        exit 4
    fi
    here=$(. /etc/os-release && echo "$ID-${VERSION_ID:-}")
    if [ "$here" != @SYSTEM@ ]; then
        echo "$file has packages of" @SYSTEM@ "and this machine is $here" >&2
        exit 4
    fi
    sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -y -q --with-source "$scratch/debs/Packages" \
        -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root \
        install --no-install-recommends python3-venv
fi
"$python" -m venv "$place"
"$place/bin/python" -I -m pip install --quiet --disable-pip-version-check --no-index \
    --find-links "$scratch/mxbuild" mxbuild
mkdir -p "$HOME/.local/bin"
ln -sf "$place/bin/mxbuild" "$HOME/.local/bin/mxbuild"
"$place/bin/mxbuild" --version
echo "$HOME/.local/bin/mxbuild install --vendored $file"
