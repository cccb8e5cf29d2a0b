#!/bin/sh
# Deploys that go wrong: what mends itself passes, what does not fails as soon as that is known, and both say how long
# each unit took.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
mkdir -p "$scratch/cases/trouble"
cp -r "$here/../lifecycle" "$scratch/cases"
cat >"$scratch/cases/trouble/port.yaml" <<'END'
id: trouble.port
title: a port closes when its application is not exposed any more
why: the outcome has to say which rule is missing
after: [lifecycle.deploy-c1]
steps:
  - reach: {model: c1, application: kubernetes-master, port: 6443}
  - run: [juju, unexpose, -m, c1, kubernetes-master]
  - await: {reach: {model: c1, application: kubernetes-master, port: 6443}}
    until: {public: closed}
  - reach: {model: c1, application: kubernetes-master, port: 6443}
END
cat >"$scratch/cases/trouble/side.yaml" <<'END'
id: trouble.side
title: a port that is open at the private address only
why: a cloud's firewall may lack a rule that Juju shows
after: [lifecycle.deploy-c1]
steps:
  - run: [juju, expose, -m, c1, etcd]
  - await: {reach: {model: c1, application: etcd, port: 2379}}
    until: {private: open}
  - reach: {model: c1, application: etcd, port: 2379}
END
# A unit that never comes, agents that are lost for good, and for a minute.
for model in never lost back; do
    cat >"$scratch/cases/trouble/$model.yaml" <<END
id: trouble.$model
title: $model
why: each has an outcome of its own
steps:
  - run: [juju, add-model, --no-switch, $model]
  - run: [juju, deploy, -m, $model, etcd-dns]
  - settle: {model: $model}
END
done
# One whose controller goes away under every command; one that may be somebody else's.
cat >"$scratch/cases/trouble/away.yaml" <<'END'
id: trouble.away
title: a controller that is away at every command
why: nothing is done twice, and nothing is left out
steps:
  - run: [juju, add-model, --no-switch, --config, "resource-tags=confed-run=${run_id}", away]
  - run: [juju, deploy, -m, away, etcd-dns]
  - run: [juju, expose, -m, away, etcd-dns]
  - settle: {model: away}
  - run: [juju, "${world.juju.remote}", -m, away, --application, etcd-dns, "open-port 2379"]
    expect: {exit: 0}
  - run: [juju, destroy-model, "${world.juju.yes}", away]
END
cat >"$scratch/cases/trouble/theirs.yaml" <<'END'
id: trouble.theirs
title: a model that may be somebody else's
why: it bears no mark, so nobody can tell who added it
steps:
  - run: [juju, add-model, --no-switch, theirs]
END
# A wait that fails only at its deadline would take the minute of --floor.
run=$scratch/run
exits 1 "$BIN/confed" run --floor 60s --evidence 0s --cases "$scratch/cases" --out "$run" \
    lifecycle.deploy-c1 lifecycle.deploy-c2 lifecycle.deploy-f1 trouble.port trouble.side trouble.lost trouble.back trouble.away trouble.theirs \
    --fault 'juju add-model reset count=1 at=away' --fault 'juju deploy reset count=1 at=away' \
    --fault 'juju expose refuse for=60000 at=away' --fault 'juju run refuse for=60000 at=away' \
    --fault 'juju destroy-model reset count=1 at=away' --fault 'juju add-model reset count=1 at=theirs' \
    --fault 'port 2379/tcp drop at=c1' --fault 'agent etcd-dns/0 lost at=lost' --fault 'agent etcd-dns lost for=120000 at=back' \
    --fault 'juju status refuse skip=2 for=60000 at=c1' \
    --fault 'hook kubernetes-worker fail at=c2' --fault 'machine 1 fail at=f1' --fault 'juju status warn'
of() { jq -r ".results[] | select(.case == \"lifecycle.deploy-$1\") | $2" "$run/results.json"; }
is "a controller that is gone for a minute" "$(of c1 .verdict)" passed
is "a hook that stays in error" "$(of c2 .verdict)" failed
of c2 .seen >"$scratch/seen"
has "its unit and hook" "$scratch/seen" 'kubernetes-worker/0 is error, agent idle: hook failed: "install", '
is "a machine that there is not" "$(of f1 .verdict)" failed
of f1 .seen >"$scratch/seen"
has "the machine" "$scratch/seen" "machine 1 is provisioning error, agent down: No available machine matches constraints"
for model in c2 f1; do
    [ "$(of $model .elapsed_ms)" -lt 40000 ] || fail "$model: it failed after $(of $model .elapsed_ms) ms, at its deadline"
done
is "how long a unit took" "$(of c1 '.steps[2].waited["kubernetes-worker/0"] | . > 0 and . < 60000')" true
is "all of them" "$(of c1 '.steps[2].waited | has("machine 0/lxd/0") and has("flannel/1") and has("etcd")')" true
is "who is not there" "$(of f1 '.steps[2].waiting["kubernetes-worker/0"].said')" \
    "kubernetes-worker/0 is waiting, agent allocating: waiting for machine"
exits 0 "$BIN/confed" report --format html --output "$scratch/report.html" "$run"
has "the page" "$scratch/report.html" "<li>still waiting: kubernetes-worker/0 is waiting, agent allocating: waiting for machine (for "
has "the page" "$scratch/report.html" "<li>kubernetes-worker/0: "
is "an application that is not exposed" "$(jq -r '.results[] | select(.case == "trouble.port") | .seen' "$run/results.json")" \
    'state is "closed" (kubernetes-master is not exposed)'
jq -r '.results[] | select(.case == "trouble.side") | .seen' "$run/results.json" >"$scratch/seen"
has "a rule that the cloud does not have" "$scratch/seen" 'state is "partly" (closed at the public address: 127.'
has "whose" "$scratch/seen" "of etcd/0 (public, refused))"
is "agents that are lost for a while" "$(jq -r '.results[] | select(.case == "trouble.back") | .verdict' "$run/results.json")" passed
jq -r '.results[] | select(.case == "trouble.lost") | .seen' "$run/results.json" >"$scratch/seen"
has "an agent that is lost" "$scratch/seen" "etcd-dns/0 is unknown, agent lost: agent lost, see 'juju show-status-log etcd-dns/0', and was so for 300 s"
retried() { # retried CASE STEP: outcome, tries, whether it had arrived, why
    jq -r ".results[] | select(.case == \"trouble.$1\") | .steps[$2] | \"\(.outcome) \(.retried.tries // 1) \(.retried.arrived // false) \(.retried.because)\"" "$run/results.json"
}
is "a model that was added though nobody said so" "$(retried away 0)" "met 1 true connection is shut down"
is "an application that was deployed" "$(retried away 1)" "met 1 true connection is shut down"
for step in 2 4; do
    retried away $step >"$scratch/seen"
    has "step $step of a controller that was gone for a minute" "$scratch/seen" "unable to connect to API: dial tcp "
    is "its outcome" "$(cut -d ' ' -f 1,3 "$scratch/seen")" "met false"
    [ "$(cut -d ' ' -f 2 "$scratch/seen")" -gt 1 ] || fail "step $step: $(cat "$scratch/seen")"
done
is "a model that was destroyed" "$(retried away 5 | cut -d ' ' -f 1)" met
is "a model that may be another's" "$(retried theirs 0 | cut -d ' ' -f 1)" error
exits 0 "$BIN/confed" report --format html --output "$scratch/report.html" "$run"
has "the page" "$scratch/report.html" " (tries: 1): connection is shut down</span>"

# The port that init waits for, never opened.
sed -i '/title: W21 open the port/,+2d' "$scratch/cases/lifecycle/init.yaml"
exits 1 "$BIN/confed" run --floor 4s --evidence 0s --cases "$scratch/cases" --out "$scratch/run2" lifecycle.init trouble.never \
    --fault 'machine 0 drop at=never'
jq -r '.results[] | select(.case == "lifecycle.init") | .seen' "$scratch/run2/results.json" >"$scratch/seen"
has "a port that nobody opens" "$scratch/seen" "/tcp is not opened on kubernetes-worker/0 (open there: 80/tcp, 443/tcp)"
jq -r '.results[] | select(.case == "trouble.never") | .seen' "$scratch/run2/results.json" >"$scratch/seen"
has "a machine that never comes" "$scratch/seen" "s machine 0 is allocating, agent pending: Deploying (for "
has "a unit that never comes" "$scratch/seen" "etcd-dns/0 is waiting, agent allocating: waiting for machine (for "

# A hook that Juju mends when it tries again for the fifth time, in a world so slow that its error is seen.
mkdir -p "$scratch/slow/trouble"
sed 's/never/mended/' "$scratch/cases/trouble/never.yaml" >"$scratch/slow/trouble/mended.yaml"
exits 0 "$BIN/confed" run --speed 200 --floor 60s --evidence 0s --cases "$scratch/slow" --out "$scratch/run3" \
    --fault 'hook etcd-dns fail count=5 at=mended'
jq -r 'select(.event == "step-progress") | .text' "$scratch/run3/observations.jsonl" >"$scratch/seen"
has "a hook that Juju mends" "$scratch/seen" 'etcd-dns/0 is error, agent idle: hook failed: "install"'
done_testing
