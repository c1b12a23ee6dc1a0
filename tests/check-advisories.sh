#!/bin/sh
# Compares the dependencies with the public database of their known weaknesses, as deny.toml says. Where that cannot be had, it
# says so in one line, and what called it goes on.
set -eu
cd "$(dirname "$0")/.."
cargo="${CARGO:-cargo}"

not_checked() {
    echo "ADVISORIES WERE NOT CHECKED: $1"
    exit 0
}

"$cargo" deny --version >/dev/null 2>&1 ||
    not_checked "cargo-deny is not installed (cargo install cargo-deny --locked)."
"$cargo" deny fetch db >/dev/null 2>&1 ||
    not_checked "cargo-deny is here, but the database of advisories cannot be had (is there a network?)."
exec "$cargo" deny --locked check advisories
