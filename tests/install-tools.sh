#!/bin/sh
# Installs the programs that only the tests need: hledger, which reads every export and must come to our balances.
set -eu

command -v hledger >/dev/null 2>&1 && exit 0

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        sudo "$@"
    else
        echo "The tests need hledger: ask an administrator for its package." >&2
        exit 1
    fi
}

echo "hledger is missing; installing it for the tests of exports."
if command -v apt-get >/dev/null 2>&1; then
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends hledger
elif command -v dnf >/dev/null 2>&1; then
    as_root dnf install -y hledger
elif command -v brew >/dev/null 2>&1; then
    brew install hledger
else
    echo "The tests need hledger, and no known package manager (apt, dnf, Homebrew) is here: install it by hand." >&2
    exit 1
fi
