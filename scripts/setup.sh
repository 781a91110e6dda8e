#!/bin/sh
# setup.sh run|dev: make .venv if it is not there, and install Remission in it.
# run: what the program needs. dev: also what tests, checks and docs need.
set -eu
what=${1:?say run or dev}
cd "$(dirname "$0")/.."

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
makes_venvs() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

# The first Python that is new enough and can make a virtual environment; failing that, the first new enough.
choose_python() {
    new_enough=
    for python in python3.13 python3.12 python3.11 python3 /usr/bin/python3; do
        is_new_enough "$python" || continue
        if makes_venvs "$python"; then
            echo "$python"
            return
        fi
        new_enough=${new_enough:-$python}
    done
    echo "$new_enough"
}

make_venv() {
    python=$(choose_python)
    if [ -z "$python" ]; then
        found=$(python3 --version 2>&1) || found="no python3 at all"
        echo "Remission needs Python 3.11 or newer; this machine has: $found" >&2
        echo "  do:    install python3.11 or newer and its venv package, then run make again" >&2
        exit 1
    fi
    if ! makes_venvs "$python"; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        sh scripts/apt-install.sh "python$version-venv"
    fi
    echo "making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
}

if ! is_new_enough .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    make_venv
fi

pip() { .venv/bin/python -m pip --disable-pip-version-check --no-input "$@"; }
echo "installing Remission in .venv ($what)"
pip install --quiet 'pip>=25.1' # the first that reads dependency groups
if [ "$what" = dev ]; then
    pip install --quiet --constraint constraints.txt --editable . --group dev
    touch .venv/dev.stamp
else
    pip install --quiet --constraint constraints.txt --editable .
fi
touch .venv/run.stamp
