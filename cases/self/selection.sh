#!/bin/sh
# Which cases run: filters, shards that are merged again, repeated runs; and that nothing is never green.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
confed=$BIN/confed
self="--cases $here/cases --ledger $here/gaps.json --floor 1s"

# ids RUN: the cases of the run, in the order of the alphabet
ids() { jq -r '.results[].case' "$1/results.json" | sort | tr '\n' ' '; }

# shellcheck disable=SC2086 # words are meant
run() {
    code=$1 dir=$2
    shift 2
    exits "$code" "$confed" run $self --out "$dir" "$@"
}

run 0 "$scratch/f1" --filter 'id=self.pass or gap=SELF-1'
is "what the filter takes" "$(ids "$scratch/f1")" "self.gap-known self.pass "
run 1 "$scratch/f2" --filter 'gap~SELF and not gap=SELF-1'
is "all with another entry" "$(ids "$scratch/f2")" \
    "self.gap-changed self.gap-elsewhere self.gap-expired self.gap-vanished self.near-gap-vanished self.near-known-gap "
run 2 "$scratch/f3" --filter 'colour=red'
has "an unknown field" "$scratch/out" "expected id, area"
run 1 "$scratch/f4" --filter 'area=nowhere'
has "an empty selection says so" "$scratch/out" "RED because --filter"
[ ! -e "$scratch/f4" ] || fail "an empty selection left a run"

# Two shards have every case between them (what comes before others may be in both), and together are the whole.
for shard in 1 2; do run 1 "$scratch/s$shard" --shard $shard/2 --filter 'not id=self.blocked and not id=self.crash'; done
run 1 "$scratch/s" --filter 'not id=self.blocked and not id=self.crash'
both=$( (ids "$scratch/s1" && ids "$scratch/s2") | tr ' ' '\n' | grep . | sort -u | tr '\n' ' ')
is "the shards' cases" "$both" "$(ids "$scratch/s")"
exits 1 "$confed" merge --out "$scratch/merged" "$scratch/s1" "$scratch/s2"
is "the merged cases" "$(ids "$scratch/merged")" "$(ids "$scratch/s")"
is "the merged counts" "$(jq -Sc .summary "$scratch/merged/results.json")" "$(jq -Sc .summary "$scratch/s/results.json")"
[ -s "$scratch/merged/junit.xml" ] || fail "the whole has no reports"
exits 0 "$confed" compare "$scratch/s" "$scratch/merged"
exits 1 "$confed" merge --out "$scratch/half" "$scratch/s1"
has "a shard that is missing" "$scratch/out" "RED because shard 2 of 2 is missing"
exits 3 "$confed" merge --out "$scratch/twice" "$scratch/s1" "$scratch/s1"
run 1 "$scratch/s9" --shard 9/9 self.pass
has "an empty shard says so" "$scratch/out" "leaves no case"
run 2 "$scratch/s0" --shard 0/3 self.pass
has "no such shard" "$scratch/out" "expected I/N"

# Runs again and again: each in its folder, red when one is, and what differs is said.
run 0 "$scratch/r" --repeat 3 --quiet self.pass
is "folders" "$(find "$scratch/r" -mindepth 1 -maxdepth 1 | wc -l)" 3
has "the sum" "$scratch/out" "3 of 3 runs were green"
run 1 "$scratch/u" --until-fail --repeat 5 --quiet self.fail
is "folders until it failed" "$(find "$scratch/u" -mindepth 1 -maxdepth 1 | wc -l)" 1
mkdir -p "$scratch/flaky/self"
cat >"$scratch/flaky/self/flaky.yaml" <<END
id: self.flaky
title: passes the first two times
why: for the test of the harness
steps:
  - run: [sh, -c, 'n=\$(cat "$scratch/n" 2>/dev/null || echo 0); echo \$((n + 1)) >"$scratch/n"; [ \$n -lt 2 ]']
END
exits 1 "$confed" run --cases "$scratch/flaky" --ledger "$here/gaps.json" --floor 1s --out "$scratch/x" --until-fail --quiet
has "which run failed" "$scratch/out" "2 of 3 runs were green"
has "which case is flaky" "$scratch/out" "self.flaky: 2/3 passed"
run 2 "$scratch/k" --repeat 2 --keep self.pass

# All skipped is red and says so.
run 1 "$scratch/all-skipped" self.unsupported
has "why all skipped is red" "$scratch/out" "RED because no case was judged: 1 are unsupported, 0 blocked"
done_testing
