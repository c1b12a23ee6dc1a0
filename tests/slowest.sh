#!/bin/sh
# The ten slowest tests of a run, from the file that cargo-nextest leaves behind: `tests/slowest.sh FILE`.
set -eu
[ -f "$1" ] || exit 0
echo "The slowest tests, in seconds:"
sed -n 's/.*<testcase name="\([^"]*\)" classname="\([^"]*\)".* time="\([0-9.]*\)".*/\3 \2 \1/p' "$1" | sort -rn | head -n 10 |
    awk '{ printf "%8.1f  %s %s\n", $1, $2, $3 }'
