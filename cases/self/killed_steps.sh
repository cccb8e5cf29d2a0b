#!/bin/sh
# The life cycle, killed at one event of its observations after the other, each time in a run of its own that is then
# resumed: it ends green, and nothing is left behind. In the simulated world by confed itself; with the simulated juju
# first in PATH by ci/nightly, whose next call goes on with the night that was killed.
# usage: killed_steps.sh WORLD FROM STEP [TO]: every STEP-th event from FROM on; 1 1 is all of them, which takes half an hour
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
world=$1 from=$2 step=$3 to=${4:-100000}
preload=$BIN/../tests/libkill_at.so

if [ "$world" = juju ]; then
    "$BIN/confed" up "$scratch/world" >"$scratch/env" || exit 1
    # shellcheck source=/dev/null
    . "$scratch/env"
    trap '"$BIN/confed" down "$scratch/world" >/dev/null 2>&1; rm -rf "$scratch"' EXIT
fi
state=$scratch/state
# begin RUN, resume RUN: one way for each world
if [ "$world" = juju ]; then
    night() { "$here/../../ci/nightly" --state "$state" --confed "$BIN/confed" --env CONFED_WORLD --speed 1000 --no-doctor --quiet lifecycle; }
    begin() { night; }
    resume() { night; }
    killed=3
else
    begin() { "$BIN/confed" run --quiet --out "$1" lifecycle; }
    resume() { "$BIN/confed" run --quiet --resume "$1"; }
    killed=137
fi
models() { juju models --format=json | jq -r '[.models[].name] | join(" ")'; }

at=$from
while [ "$at" -le "$to" ]; do
    run=$scratch/run
    # Every third is killed at the event itself, the others when what comes next is on its way.
    later=$((at % 3 * 20))
    code=0
    (
        export LD_PRELOAD="$preload" KILL_AT="$at" KILL_LATER_MS="$later"
        begin "$run"
    ) >"$scratch/out" 2>&1 || code=$?
    [ "$world" != juju ] || run=$(readlink -f "$state/latest")
    # The last events are over: the run ends before it can be killed.
    if [ "$code" != "$killed" ]; then
        [ "$code" = 0 ] || fail "event $at: the run ended with $code: $(tail -n 3 "$scratch/out")"
        [ "$at" != "$from" ] || fail "event $at: the run was not killed"
        break
    fi
    last=$(tail -n 1 "$run/observations.jsonl" | jq -r '"\(.event) \(.case // "") \(.step // "")"' 2>/dev/null)
    [ "$last" = "run-end  " ] || {
        exits 1 "$BIN/confed" judge "$run"
        is "event $at ($last): state before" "$(jq -r .state "$run/results.json")" killed
        exits 0 "$BIN/confed" report "$run"
    }
    exits 0 resume "$run"
    is "event $at ($last): state" "$(jq -r .state "$run/results.json")" finished
    [ "$world" != juju ] || {
        is "event $at ($last): models left" "$(models)" ""
        is "event $at ($last): nights" "$(find "$state/runs" -mindepth 1 -maxdepth 1 | wc -l)" 1
        is "event $at ($last): runs in the history" "$("$BIN/confed" history --file "$state/history.db" --json | jq '.runs | length')" 1
    }
    [ "$failures" = 0 ] || { cp -r "$run" "${KEEP_RUN:-$scratch/kept}-$at"; break; }
    rm -rf "$run" "$state"
    at=$((at + step))
done
done_testing
