#!/bin/sh
# The life cycle, killed at several points of its way, goes on where it stopped and ends green.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"

for events in 15 70 130 190 230; do
    run=$scratch/run-$events
    "$BIN/confed" run --quiet --out "$run" 'lifecycle.*' >/dev/null 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        [ "$(wc -l 2>/dev/null <"$run/observations.jsonl" || echo 0)" -lt "$events" ] || break
        sleep 0.01
    done
    kill -KILL "$pid" 2>/dev/null || fail "the run ended before $events events"
    wait "$pid" 2>/dev/null || true
    exits 1 "$BIN/confed" judge "$run"
    is "state after $events events" "$(jq -r .state "$run/results.json")" killed
    exits 0 "$BIN/confed" report "$run"
    exits 0 "$BIN/confed" run --quiet --resume "$run"
    is "state after the resume" "$(jq -r .state "$run/results.json")" finished
done
done_testing
