#!/bin/sh
# Lets Prometheus' own promtool read the alert rules and the queries of the dashboard, and play the rules' tests. Where it is
# missing, Debian's package is unpacked into the target directory rather than installed: installing it would start a server.
set -eu
cd "$(dirname "$0")/.."

tools="${CARGO_TARGET_DIR:-target}/promtool"
fetch() {
    (cd "$tools" && apt-get download -q prometheus && dpkg-deb -x prometheus_*.deb .)
}

promtool=$(command -v promtool || echo "$tools/usr/bin/promtool")
if [ ! -x "$promtool" ]; then
    echo "Unpacking promtool into $tools."
    rm -rf "$tools"
    mkdir -p "$tools"
    if ! fetch && ! { [ "$(id -u)" -eq 0 ] && apt-get update -q && fetch; }; then
        echo "The alert rules are checked by promtool, which comes with Prometheus: install it by hand." >&2
        exit 1
    fi
fi
"$promtool" check rules api/observability/alerts.yml
"$promtool" test rules tests/alerts_test.yml

# A dashboard's queries are checked as rules: its own word for an interval stands for five minutes here.
python3 - api/observability/dashboard.json > "$tools.yml" <<'PYTHON'
import json, sys
panels = json.load(open(sys.argv[1]))["panels"]
queries = [target["expr"] for panel in panels for target in panel.get("targets", [])]
rules = [{"record": f"query_{at}", "expr": query.replace("$__rate_interval", "5m")} for at, query in enumerate(queries)]
json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, sys.stdout)
PYTHON
"$promtool" check rules "$tools.yml"
