#!/usr/bin/env bash
#
# Makes a run of many answers, has `whet report` write its report, and opens the page in headless Chromium.
#
#   benches/large-report.sh [N]
#
# N is 10,000 unless told otherwise. Prints the time of `whet report`, the size of report.html and the time until a reader
# can use the page. The goals are under 20 MB and under 2 s.

# shellcheck source=benches/prologue.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/prologue.sh"
runs=$root/target/large-report
n=${1:-10000}

require "chromium chromedriver python"

rm -rf -- "$runs"
cd -- "$root"
run=$(cargo run --quiet --release -p report --example large_run -- "$runs" "$n")
"$root/whet" --version >&2

TIMEFORMAT="whet report: %R s"
time "$root/whet" report "$run" --quiet >/dev/null
python3 "$here/large-report/look.py" "$run/report.html"
