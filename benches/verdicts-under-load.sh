#!/usr/bin/env bash
#
# Judges the same 1,000 samples on the machine as it is and beside busy loops, and compares the verdicts.
#
#   benches/verdicts-under-load.sh [N]
#
# The samples are HumanEval's solutions, each changed in one place (mutants.py). Nothing is taken from
# the cache of verdicts. Exit code 1 if a verdict differs. Runs stay in target/verdicts-under-load/.

# shellcheck source=benches/prologue.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/prologue.sh"
n=${1:-1000}

data=$("$root/whet" tasks pull humaneval)
work=$(empty_folder verdicts-under-load)
python3 "$here/mutants.py" "$data" "$n" > "$work/samples.jsonl"

hogs=()
quiet() {
    [ ${#hogs[@]} = 0 ] || kill -- "${hogs[@]}" 2> /dev/null || true
    hogs=()
}
trap quiet EXIT

# judged NAME: wall seconds of judging everything anew.
judged() {
    local start=$EPOCHREALTIME
    "$root/whet" --quiet sample judge "$work/samples.jsonl" --suite humaneval --no-cache \
        --output "$work/$1" > "$work/$1.txt"
    python3 -c "print(f'{$EPOCHREALTIME - $start:.1f}')"
}

as_it_is=$(judged as-it-is)
for ((i = 0; i < 4 * $(nproc); i++)); do
    (while :; do :; done) &
    hogs+=($!)
done
beside=$(judged beside-load)
quiet

python3 - "$work" "$n" "$as_it_is" "$beside" "$(nproc)" << 'EOF'
import collections, json, pathlib, sys
work, n, alone, beside, cores = pathlib.Path(sys.argv[1]), *sys.argv[2:]
def verdicts(name):
    tape = next((work / name).glob("*/verdicts.jsonl"))
    rows = map(json.loads, tape.read_text().splitlines())
    return {(v["key"]["problem"], v["key"]["attempt"]): v for v in rows}
before, after = verdicts("as-it-is"), verdicts("beside-load")
assert len(before) == len(after) == int(n), (len(before), len(after))
differ = [key for key in before if before[key]["cause"] != after[key]["cause"]]
again = lambda vs: sum(bool(v.get("first_cause")) for v in vs.values())
print(f"{n} samples on {cores} processors: {alone} s as it is, {beside} s beside {4 * int(cores)} busy loops")
print("causes:", dict(collections.Counter(v["cause"] for v in before.values()).most_common()))
print(f"judged a second time: {again(before)} as it is, {again(after)} beside load")
print(f"verdicts that differ: {len(differ)}")
for key in differ:
    print("  ", *key, before[key]["cause"], "->", after[key]["cause"])
sys.exit(bool(differ))
EOF
