#!/bin/sh
# Makes what partners are handed out: `make.sh typescript|python FOLDER` leaves an npm tarball or a wheel in the folder. The runtime beside this script
# is the hand-written part; everything else is generated from partner.json by the tools of tests/install-tools.sh. It asks no registry.
set -eu
cd "$(dirname "$0")/../.."
language=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
tools=$(cd "$target" && pwd)/contract-tools
contract=$PWD/openapi/partner.json
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

build=$folder/making-$language
rm -rf "$build"
mkdir -p "$build"
cp -R "openapi/clients/$language/." LICENSE-APACHE LICENSE-MIT "$build"
cd "$build"

case $language in
typescript)
    sed 's/"version": "0.0.0"/"version": "'"$version"'"/' package.json >package.json.new
    mv package.json.new package.json
    ln -s "$tools/clients/node_modules" node_modules
    # What has a default may be left out of a request.
    node_modules/.bin/openapi-typescript "$contract" --default-non-nullable false --output src/contract.d.ts >/dev/null
    node_modules/.bin/tsc
    cp src/contract.d.ts dist
    # What it calls with goes along, so that it is installed without a registry.
    rm node_modules
    for package in openapi-fetch openapi-typescript-helpers standardwebhooks @stablelib/base64 fast-sha256; do
        mkdir -p "node_modules/$(dirname "$package")"
        cp -R "$tools/clients/node_modules/$package" "node_modules/$package"
    done
    rm -f "$folder"/commonpurse-client-*.tgz
    npm pack --silent --ignore-scripts --pack-destination "$folder" >/dev/null
    ;;
python)
    sed 's/^version = "0.0.0"/version = "'"$version"'"/' pyproject.toml >pyproject.toml.new
    mv pyproject.toml.new pyproject.toml
    "$tools/bin/python" open_words.py "$contract" contract.json
    # What it cannot make of the contract it leaves out, with a warning.
    "$tools/bin/openapi-python-client" generate --path contract.json --config generator.yaml --meta none \
        --output-path commonpurse_client/contract --fail-on-warning >/dev/null
    rm -f "$folder"/commonpurse_client-*.whl
    "$tools/bin/python" -m flit_core.wheel --outdir "$folder" >/dev/null
    ;;
*)
    echo "typescript or python, not $language" >&2
    exit 2
    ;;
esac
rm -rf "$build"
