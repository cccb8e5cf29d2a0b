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
cat >"$cases/lifecycle/answers.yaml" <<END
id: lifecycle.answers
title: the cluster answers
why: credentials can expire between two nights
after: [lifecycle.deploy-c1]
steps:
  - run: [juju, scp, -m, "\${world.prefix}c1", "kubernetes-master/0:config", config.c1]
  - run: [confed, merge-kubeconfig, config.c1, c1]
still:
  - title: c1 answers
    run: [kubectl, --context=c1, get, --raw, /api]
    expect: {exit: 0}
END
world_up --speed 1000
real() { "$BIN/confed" run --world juju --env CONFED_WORLD --speed 1000 --cases "$cases" "$@"; }
verdicts() { jq -r '[.results[] | "\(.case):\(.verdict)"] | sort | join(" ")' "$1/results.json"; }

# Red: the model stays, and it is said how to go on and how to be rid of it.
run=$scratch/red
exits 1 real --keep-on-failure --out "$run"
is "models after a red run" "$(models)" c1
is "what was judged" "$(verdicts "$run")" "lifecycle.answers:passed lifecycle.deploy-c1:passed lifecycle.mood:failed"
has "how to be rid of it" "$scratch/out" "confed run --resume $run goes on with it, confed down $run takes it down"
touch "$scratch/good"

# The world is not what the run left: each thing is said, and nothing is begun or taken down.
cp "$run/kubeconfig" "$scratch/kubeconfig"
tags=$(juju model-config -m c1 resource-tags)
kubectl --kubeconfig "$run/kubeconfig" config unset users.c1-user >/dev/null
juju model-config -m c1 resource-tags=owner=ann
before=$(wc -l <"$run/observations.jsonl")
exits 3 "$BIN/confed" run --resume "$run"
is "lines of what differs" "$(grep -c 'not so any more' "$scratch/out")" 2
has "whose the model is" "$scratch/out" "lifecycle.deploy-c1: not so any more: model c1 is there and bears this run's mark: expected stdout contains"
has "what does not answer" "$scratch/out" "lifecycle.answers: not so any more: c1 answers"
has "what to do" "$scratch/out" "nothing was begun"
is "models then" "$(models)" c1
is "what was observed" "$(tail -n +"$((before + 1))" "$run/observations.jsonl" | jq -r .event)" resume-refused

# As it was, in a folder that was moved since: it goes on.
juju model-config -m c1 resource-tags="$tags"
mv "$scratch/kubeconfig" "$run/kubeconfig"
mv "$run" "$scratch/yesterday"
run=$scratch/yesterday
exits 0 "$BIN/confed" run --resume "$run"
is "after going on" "$(verdicts "$run")" "lifecycle.answers:passed lifecycle.deploy-c1:passed lifecycle.mood:passed lifecycle.teardown-c1:passed"
is "models after going on" "$(models)" ""
rm "$run/results.json" "$run/junit.xml"
exits 0 "$BIN/confed" run --resume "$run" # it is finished: what may be missing are its reports
[ -s "$run/junit.xml" ] || fail "the reports of a finished run were not written again"

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
    "lifecycle.answers:passed lifecycle.deploy-c1:passed lifecycle.mood:passed lifecycle.teardown-c1:passed"
exits 0 "$BIN/confed" down "$scratch/moved" # there is nothing left, and that is fine

# Two runs at once share the controller, each with its prefix, and leave each other alone.
real --prefix a- --out "$scratch/a" >"$scratch/a.out" 2>&1 &
pid=$!
exits 0 real --prefix b- --out "$scratch/b"
wait "$pid" || fail "the other run: $(tail -n 3 "$scratch/a.out")"
is "models after two runs at once" "$(models)" ""

# The model is somebody else's by now: it is not touched, and down says so.
exits 0 real --keep --out "$scratch/lost"
juju model-config -m c1 resource-tags=owner=ann 2>/dev/null
exits 1 "$BIN/confed" down "$scratch/lost"
has "whose it is" "$scratch/out" "confed down: lifecycle.teardown-c1: expected "
is "models after down" "$(models)" c1
done_testing
