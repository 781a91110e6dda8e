#!/bin/sh
# apt-install.sh PACKAGE...: install Debian or Ubuntu packages, or say what to type.
# Needs root or sudo without a password. Ends with status 1 when nothing could be installed.
set -eu

if ! command -v apt-get >/dev/null 2>&1; then
    echo "no apt-get on this machine; please install: $*" >&2
    exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
    as_root="env"
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n env"
else
    echo "not root, and sudo asks for a password; please type: sudo apt-get install $*" >&2
    exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing $* with apt-get"
# An update that fails for one source of many must not stop us; as_root is one or three words on purpose.
# shellcheck disable=SC2086
{
    $as_root apt-get update || true
    $as_root DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@"
} </dev/null >"$log" 2>&1 || {
    tail -n 5 "$log" >&2
    echo "apt-get could not install: $*" >&2
    exit 1
}
