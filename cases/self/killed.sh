#!/bin/sh
# A run that is killed leaves a folder that can be judged, reported and resumed.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"

cases=$scratch/cases
mkdir -p "$cases/k"
marker=$scratch/marker
cat >"$cases/k/first.yaml" <<END
id: k.first
title: done before the kill
why: it must not run again
steps:
  - run: [sh, -c, "echo once >>$marker.first"]
    expect: {exit: 0}
END
cat >"$cases/k/second.yaml" <<END
id: k.second
title: running when the kill comes
why: it starts again
after: [k.first]
steps:
  - run: [sh, -c, "echo begun >>$marker.second; while [ ! -e $marker.go ]; do sleep 0.05; done"]
    expect: {exit: 0}
END

# Not run, but named: the tear-down of something that was never set up.
cat >"$cases/k/other.yaml" <<END
id: k.other
title: left out
why: it binds what the tear-down of its own names
steps:
  - bind: {it: there}
END
cat >"$cases/k/other-down.yaml" <<END
id: k.other-down
title: the tear-down of what was left out
why: a run that is resumed knows as well as the first that there is nothing to tear down
after: [k.other]
teardown: true
steps:
  - run: [sh, -c, "echo \${it} >>$marker.other"]
END

wait_for() {
    tries=0
    while [ ! -e "$1" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || { fail "$1 never came"; break; }
        sleep 0.05
    done
}

run=$scratch/run
"$BIN/confed" run --cases "$cases" --juju-version 3.1.6 --out "$run" k.second >"$scratch/out" 2>&1 &
pid=$!
wait_for "$marker.second"
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true

exits 1 "$BIN/confed" judge "$run"
is "state" "$(jq -r .state "$run/results.json")" killed
is "what had passed" "$(result "$run" k.first .verdict)" passed
is "what was running" "$(result "$run" k.second .verdict)" error
exits 0 "$BIN/confed" report "$run"
xmllint --noout "$run/junit.xml" || fail "the report of a killed run is not well-formed"

touch "$marker.go"
exits 0 "$BIN/confed" run --resume "$run"
is "state after resume" "$(jq -r .state "$run/results.json")" finished
is "what was asked of the world" "$(jq -r .asked.juju_version "$run/run.json")" 3.1.6
is "the first case ran" "$(wc -l <"$marker.first")" 1
is "the second case ran" "$(wc -l <"$marker.second")" 2
[ ! -e "$marker.other" ] || fail "the tear-down of a case that was left out ran"

# Ctrl-C stops, tears down and still reports.
rm -f "$marker".*
cat >"$cases/k/third.yaml" <<END
id: k.third
title: the tear-down
why: it runs whatever happened
teardown: true
steps:
  - run: [sh, -c, "echo down >>$marker.down"]
    expect: {exit: 0}
END
stopped=$scratch/stopped
"$BIN/confed" run --cases "$cases" --out "$stopped" >"$scratch/out" 2>&1 &
pid=$!
wait_for "$marker.second"
kill -INT "$pid"
code=0
wait "$pid" || code=$?
is "exit code of a run that was stopped" "$code" 1
is "state" "$(jq -r .state "$stopped/results.json")" interrupted
[ -e "$marker.down" ] || fail "the tear-down did not run"
xmllint --noout "$stopped/junit.xml" || fail "the report of a stopped run is not well-formed"
done_testing
