#!/bin/sh
# Installs what only the tests need: hledger, which reads every export and must come to our balances, curl for the
# README's lines, Node, and in a folder of the target directory the Python tools: Beancount, which reads exports too, those
# that hold the contract against the running service, those that read bank files, and those that make clients of it; beside them the Node tools, which
# read the contract and make clients in TypeScript, and what looks at pages; and a Chromium with its driver, in which they are looked at.
# `install-tools.sh long` installs what `make check-long` needs besides: a Java, and a generator that runs on it.
set -eu
cd "$(dirname "$0")/.."
long=""
[ "${1:-}" = long ] && long=yes

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        sudo "$@"
    else
        echo "The tests need hledger, curl, Chromium with its driver, Node with npm and Python with venv, the long ones a Java:" \
            "ask an administrator for their packages." >&2
        exit 1
    fi
}

# The packages of what is missing: on Debian and its like, elsewhere.
debian=""
elsewhere=""
command -v hledger >/dev/null 2>&1 || { debian="$debian hledger" elsewhere="$elsewhere hledger"; }
command -v curl >/dev/null 2>&1 || { debian="$debian curl" elsewhere="$elsewhere curl"; }
command -v python3 >/dev/null 2>&1 || { debian="$debian python3" elsewhere="$elsewhere python3"; }
command -v node >/dev/null 2>&1 || { debian="$debian nodejs" elsewhere="$elsewhere nodejs"; }
command -v npm >/dev/null 2>&1 || { debian="$debian npm" elsewhere="$elsewhere npm"; }
command -v chromedriver >/dev/null 2>&1 || { debian="$debian chromium chromium-driver" elsewhere="$elsewhere chromium chromedriver"; }
if [ "$long" ]; then
    java -version >/dev/null 2>&1 || { debian="$debian default-jre-headless" elsewhere="$elsewhere java"; }
fi
python3 -c 'import ensurepip, venv' 2>/dev/null || debian="$debian python3-venv"

if [ -n "$debian$elsewhere" ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing for the tests:$debian"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
    # shellcheck disable=SC2086 # a list of packages
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $debian
elif [ -n "$elsewhere" ] && command -v dnf >/dev/null 2>&1; then
    # shellcheck disable=SC2086 # a list of packages
    as_root dnf install -y $elsewhere
elif [ -n "$elsewhere" ] && command -v brew >/dev/null 2>&1; then
    # Homebrew has both Node and npm in one package.
    # shellcheck disable=SC2046 # a list of packages
    brew install $(echo "$elsewhere" | sed 's/ nodejs/ node/; s/ npm//')
elif [ -n "$elsewhere" ]; then
    echo "The tests need$elsewhere, and no known package manager (apt, dnf, Homebrew) is here: install by hand." >&2
    exit 1
fi

# The tools are installed anew when their lists have changed.
tools="${CARGO_TARGET_DIR:-target}/contract-tools"
clients=tests/contract/clients
alone=tests/contract/requirements-alone.txt
if ! cat tests/contract/requirements.txt "$clients/requirements.txt" "$alone" | cmp -s - "$tools/installed.txt"; then
    echo "Installing the Python tools of the tests into $tools."
    rm -rf "$tools"
    mkdir -p "$(dirname "$tools")"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check \
        --requirement tests/contract/requirements.txt --requirement "$clients/requirements.txt"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$alone"
    cat tests/contract/requirements.txt "$clients/requirements.txt" "$alone" >"$tools/installed.txt"
fi
if ! cmp -s "$clients/package-lock.json" "$tools/clients/installed.json"; then
    echo "Installing the tools for clients in TypeScript into $tools/clients."
    rm -rf "$tools/clients"
    mkdir -p "$tools/clients"
    cp "$clients/package.json" "$clients/package-lock.json" "$clients/.npmrc" "$tools/clients"
    (cd "$tools/clients" && npm ci --silent --no-audit --no-fund)
    cp "$clients/package-lock.json" "$tools/clients/installed.json"
fi
if [ "$long" ] && ! cmp -s "$clients/requirements-long.txt" "$tools/installed-long.txt"; then
    echo "Installing the generator of clients that takes long into $tools."
    "$tools/bin/pip" install --quiet --disable-pip-version-check --requirement "$clients/requirements-long.txt"
    cp "$clients/requirements-long.txt" "$tools/installed-long.txt"
fi

# They run no scripts when they are installed, and Node 18 is enough for them.
list=tests/contract/package-lock.json
node="$tools/node"
if ! cmp -s "$list" "$node/installed.json"; then
    echo "Installing the Node tools of the tests into $node."
    rm -rf "$node"
    mkdir -p "$node"
    cp tests/contract/package.json "$list" "$node/"
    npm ci --prefix "$node" --ignore-scripts --no-audit --no-fund --loglevel=error
    cp "$list" "$node/installed.json"
fi
