#!/bin/sh
# What the tests want of the machine beside Python: a browser with its driver, Chinese letters for it to draw,
# and a PostgreSQL server.
# Where they cannot be had this still ends well: those tests then skip and say why.
set -u
here=$(dirname "$0")

has() { command -v "$1" >/dev/null 2>&1; }
has_postgres() { has initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }

if ! has chromedriver || ! { has chromium || has google-chrome; }; then
    sh "$here/apt-install.sh" chromium chromium-driver || echo "no browser: tests marked 'browser' will skip"
fi
if ! has fc-list || ! fc-list :lang=zh | grep -q .; then
    sh "$here/apt-install.sh" fontconfig fonts-noto-cjk || echo "no Chinese font: screenshots show boxes for Chinese"
fi
if ! has_postgres; then
    sh "$here/apt-install.sh" postgresql || echo "no PostgreSQL: tests marked 'postgres' will skip"
fi
