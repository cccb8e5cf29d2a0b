#!/bin/sh
# The budget of a run: one that is over leaves errors and still tears down; a file that is wrong is said by line.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir -p "$scratch/cases/b"
cat >"$scratch/cases/b/hangs.yaml" <<END
id: b.hangs
title: it never ends
why: a run of a night has to end in the morning
steps:
  - run: [sleep, "1000"]
END
cat >"$scratch/cases/b/behind.yaml" <<END
id: b.behind
title: it never begins
why: the time is over before
after: [b.hangs]
steps:
  - run: ["true"]
END
cat >"$scratch/cases/b/down.yaml" <<END
id: b.down
title: the tear-down
why: it has a time of its own
after: [b.hangs]
teardown: true
steps:
  - run: [touch, "$scratch/down"]
END
cat >"$scratch/short.yaml" <<END
run: 1s
steps: {run sleep: 40m}
END
run=$scratch/run
exits 1 "$BIN/confed" run --quiet --cases "$scratch/cases" --budget "$scratch/short.yaml" --out "$run"
is "verdicts" "$(jq -r '[.results[] | "\(.case):\(.verdict)"] | sort | join(" ")' "$run/results.json")" \
    "b.behind:blocked b.down:passed b.hangs:error"
is "why" "$(result "$run" b.hangs .message)" \
    "run-deadline: expected an end in time; last seen: the 1.0 s of the whole run were over while it ran"
[ -e "$scratch/down" ] || fail "there was no tear-down"
is "what the run keeps" "$(jq -c '[.budget.run_ms, .budget.steps_ms["run sleep"], .budget.steps_ms.settle]' "$run/run.json")" \
    "[1000,2400000,2400000]"

printf 'run: 1h\nsteps:\n  settle: an hour\n' >"$scratch/wrong.yaml"
exits 3 "$BIN/confed" run --quiet --cases "$scratch/cases" --budget "$scratch/wrong.yaml" --out "$scratch/wrong"
has "a wrong budget" "$scratch/out" "wrong.yaml:3: settle is \"an hour\", expected a duration like 40s, 9m or 1h"
[ ! -e "$scratch/wrong" ] || fail "a run with a wrong budget was begun"
exits 3 "$BIN/confed" run --quiet --cases "$scratch/cases" --budget "$scratch/nosuch.yaml" --out "$scratch/wrong"
done_testing
