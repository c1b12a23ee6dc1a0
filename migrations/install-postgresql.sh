#!/bin/sh
# Installs PostgreSQL's server programs when none are found. It starts no server: ours is private and starts itself.
set -eu

oldest_major=15

# The same places as migrations/src/server/programs.rs.
have_server() {
    if [ -n "${PG_BIN:-}" ]; then
        usable "$PG_BIN" && return 0
        echo "PG_BIN is set to $PG_BIN, which has no initdb and postgres of version $oldest_major or newer." >&2
        exit 1
    fi
    configured=$(pg_config --bindir 2>/dev/null || true)
    for dir in "$configured" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin \
        /usr/local/opt/postgresql@*/bin "$(dirname "$(command -v postgres 2>/dev/null || echo /nowhere/postgres)")"; do
        usable "$dir" && return 0
    done
    return 1
}

usable() {
    [ -x "$1/initdb" ] && [ -x "$1/postgres" ] || return 1
    major=$("$1/postgres" --version 2>/dev/null | sed -n 's/^.*) \([0-9][0-9]*\).*$/\1/p')
    [ -n "$major" ] && [ "$major" -ge "$oldest_major" ]
}

# Runs a command as root, or says in one sentence why it cannot.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        sudo "$@"
    else
        echo "PostgreSQL $oldest_major or newer is needed: ask an administrator for the package with its server" \
            "programs, set PG_BIN to their directory, or set DATABASE_URL to a server." >&2
        exit 1
    fi
}

install_with_apt() {
    # Otherwise the package makes and starts a cluster of its own, which nobody here asked for.
    as_root sh -c '
        set -eu
        conf=/etc/postgresql-common/createcluster.conf
        mkdir -p /etc/postgresql-common
        if [ ! -e "$conf" ]; then
            echo "create_main_cluster = false" >"$conf"
        elif ! grep -q "^[[:space:]]*create_main_cluster[[:space:]]*=[[:space:]]*false" "$conf"; then
            sed -i "/^[[:space:]]*create_main_cluster/d" "$conf"
            echo "create_main_cluster = false" >>"$conf"
        fi'
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
    # confold: the file written above stays, without a question.
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        -o Dpkg::Options::=--force-confold postgresql
}

if [ -n "${DATABASE_URL:-}" ]; then
    exit 0
fi
if have_server; then
    exit 0
fi
echo "PostgreSQL's server programs are missing; installing them."
if command -v apt-get >/dev/null 2>&1; then
    install_with_apt
elif command -v dnf >/dev/null 2>&1; then
    as_root dnf install -y postgresql-server
elif command -v brew >/dev/null 2>&1; then
    brew install postgresql@17
else
    echo "PostgreSQL $oldest_major or newer is needed, and no known package manager (apt, dnf, Homebrew) is here:" \
        "install it and set PG_BIN to the directory of its server programs." >&2
    exit 1
fi
if ! have_server; then
    echo "The package manager's PostgreSQL is older than $oldest_major or lacks server programs;" \
        "install a newer one and set PG_BIN to its directory." >&2
    exit 1
fi
