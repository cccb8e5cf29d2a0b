#!/bin/sh
# The worker of c1 is switched off when both clusters have joined: what comes after says so, and what was made is taken down.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
mkdir -p "$scratch/cases/trouble"
cp -r "$here/../lifecycle" "$scratch/cases"
cat >"$scratch/cases/trouble/worker.yaml" <<'END'
id: trouble.worker
title: the only worker of c1 vanishes after the join
why: machines do, in the middle of a night
after: [lifecycle.join-c1, lifecycle.join-c2]
steps:
  - run: [juju, ssh, -m, c1, kubernetes-worker/0, sudo poweroff]
    expect: {exit: 255}
  - title: the cluster knows
    await: {context: c1, path: /api/v1/nodes}
    until: {json: {items: {every: {status: {conditions: {some: {type: Ready, status: Unknown}}}}}}}
  - title: Juju knows
    await: {run: [juju, status, -m, c1, --format=json]}
    until: {json: {machines: {"1": {juju-status: {current: down}}}}}
END
# What comes after a case runs only when that is green, so what fails is a case of its own.
cat >"$scratch/cases/trouble/settle.yaml" <<'END'
id: trouble.settle
title: a model whose worker has gone does not settle
why: a night has to say so, and go on
after: [trouble.worker]
steps:
  - settle: {model: c1, broken_for: 1m}
END
sed -i 's/^after: \[/&trouble.worker, /' "$scratch/cases/lifecycle/replicaset.yaml"
run=$scratch/run
exits 1 "$BIN/confed" run --floor 3s --evidence 0s --cases "$scratch/cases" --out "$run" trouble lifecycle.scale
of() { result "$run" "$@"; }
is "who sees that it has gone" "$(of trouble.worker .verdict)" passed
of trouble.settle .seen >"$scratch/seen"
has "the model does not settle" "$scratch/seen" "machine 1 is down, agent down: agent is not communicating with the server, and was so for 60 s"
is "a replica set that one cluster can hold" "$(of lifecycle.replicaset .verdict)" passed
is "the replicas of c1" "$(of lifecycle.scale .verdict)" failed
of lifecycle.scale .seen >"$scratch/seen"
# They wait for a node there, and some time later the federation plans them elsewhere.
has "the replicas of c1" "$scratch/seen" "eplicas"
for model in f1 c1 c2; do is "model $model is taken down" "$(of lifecycle.teardown-$model .verdict)" passed; done
done_testing
