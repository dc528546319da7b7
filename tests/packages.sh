#!/bin/sh
# Installs the Debian packages that the tests build with, where they are missing and that is allowed.
set -u
wanted="build-essential pkg-config git ca-certificates ccache libopenblas-dev liblapack-dev libopencv-dev graphviz cmake redis-server distcc zsh fish tmux mandoc python3-venv sudo"
# The report's page is looked at in a real browser; Ubuntu's package of it is a snap, which no container runs.
grep -q '^ID=debian' /etc/os-release && wanted="$wanted chromium"
missing=""
for name in $wanted; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null | grep -q '^ii' || missing="$missing $name"
done
[ -n "$missing" ] || exit 0
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo -n"
echo "installing$missing" >&2
$sudo apt-get -q update && $sudo env DEBIAN_FRONTEND=noninteractive apt-get -y -q install --no-install-recommends $missing || {
    echo "the tests need: sudo apt-get install$missing" >&2
    exit 1
}
