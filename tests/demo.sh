#!/bin/sh
# The main job on the embedded miniature: demo.sh MXBUILD. Where packages are missing and neither root nor sudo is to
# be had, it says what is missing and goes on with what the machine has.
set -eu
mxbuild=$1

apt=""
if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
    apt="--no-apt"
    echo "neither root nor sudo: building with the packages that are here"
fi
"$mxbuild" install mini --yes $apt
echo
echo "and a program that uses it:"
"$mxbuild" run mini -- python -c 'import mxnet as mx; print("mx.nd.dot:", mx.nd.dot(mx.nd.ones((2, 3)), mx.nd.ones((3, 2))).asnumpy().tolist())'
