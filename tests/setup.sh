#!/bin/sh
# Makes the environment for developing: setup.sh PYTHON DIRECTORY. On a bare Debian or Ubuntu, python3-venv is
# installed first, where that is allowed.
set -eu
python=$1 venv=$2

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
    version=$("$python" --version 2>/dev/null) || version="no program that runs"
    echo "mxbuild needs Python 3.10 or later; $python is $version" >&2
    echo "Install one beside it (uv python install 3.12, pyenv, ...) and name it: make PYTHON=/path/to/python3.12 ..." >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    sudo=""
    [ "$(id -u)" = 0 ] || sudo="sudo -n"
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "installing python$version-venv" >&2
    $sudo apt-get -q update && $sudo env DEBIAN_FRONTEND=noninteractive apt-get -y -q install "python$version-venv" || {
        echo "this needs: sudo apt-get install python$version-venv" >&2
        exit 1
    }
fi
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install -q --disable-pip-version-check -e '.[dev]'
