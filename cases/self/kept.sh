#!/bin/sh
# What a run is told to keep stays, can be gone on with, and is taken down by hand: the simulated world and a model of
# the juju world, always (--keep) and only when red (--keep-on-failure).
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"

# One model, and a case that fails until it is told not to.
cases=$scratch/cases
mkdir -p "$cases/lifecycle"
cp "$here/../lifecycle/deploy-c1.yaml" "$cases/lifecycle"
sed 's/^after: .*/after: [lifecycle.deploy-c1]/' "$here/../lifecycle/teardown-c1.yaml" >"$cases/lifecycle/teardown-c1.yaml"
cat >"$cases/lifecycle/mood.yaml" <<END
id: lifecycle.mood
title: it is as the test wants it
why: something has to be red
after: [lifecycle.deploy-c1]
steps:
  - run: [test, -e, "$scratch/good"]
END
"$BIN/confed" up "$scratch/world" >"$scratch/env" || exit 1
# shellcheck source=/dev/null
. "$scratch/env"
trap '"$BIN/confed" down "$scratch/world" >/dev/null 2>&1; rm -rf "$scratch"' EXIT
models() { juju models --format=json | jq -r '[.models[].name] | join(" ")'; }
real() { "$BIN/confed" run --world juju --env CONFED_WORLD --speed 1000 --cases "$cases" "$@"; }
verdicts() { jq -r '[.results[] | "\(.case):\(.verdict)"] | sort | join(" ")' "$1/results.json"; }

# Red: the model stays, and it is said how to go on and how to be rid of it.
run=$scratch/red
exits 1 real --keep-on-failure --out "$run"
is "models after a red run" "$(models)" c1
is "what was judged" "$(verdicts "$run")" "lifecycle.deploy-c1:passed lifecycle.mood:failed"
has "how to be rid of it" "$scratch/out" "confed run --resume $run goes on with it, confed down $run takes it down"
touch "$scratch/good"
exits 0 "$BIN/confed" run --resume "$run"
is "after going on" "$(verdicts "$run")" "lifecycle.deploy-c1:passed lifecycle.mood:passed lifecycle.teardown-c1:passed"
is "models after going on" "$(models)" ""
exits 3 "$BIN/confed" run --resume "$run"

# Green: it is taken down as ever.
exits 0 real --keep-on-failure --out "$scratch/green"
is "models after a green run" "$(models)" ""

# Always; then by hand, in a folder that was moved meanwhile.
exits 0 real --keep --out "$scratch/kept"
is "models that are kept" "$(models)" c1
mv "$scratch/kept" "$scratch/moved"
exits 0 "$BIN/confed" down "$scratch/moved"
is "models after down" "$(models)" ""
is "what the run says then" "$(verdicts "$scratch/moved")" \
    "lifecycle.deploy-c1:passed lifecycle.mood:passed lifecycle.teardown-c1:passed"
exits 0 "$BIN/confed" down "$scratch/moved" # there is nothing left, and that is fine

# The model is somebody else's by now: it is not touched, and down says so.
exits 0 real --keep --out "$scratch/lost"
juju model-config -m c1 resource-tags=owner=ann 2>/dev/null
exits 1 "$BIN/confed" down "$scratch/lost"
has "whose it is" "$scratch/out" "confed down: lifecycle.teardown-c1: expected "
is "models after down" "$(models)" c1
done_testing
