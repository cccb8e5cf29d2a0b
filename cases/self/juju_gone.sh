#!/bin/sh
# A night in which everything goes for good: the login expires in the middle, a controller goes and does not come back,
# a model cannot be destroyed, juju warns among its JSON, a kubectl hangs. It ends in time, each has an outcome of its
# own, and what is left behind is an error that says so.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
mkdir -p "$scratch/cases/lifecycle" "$scratch/cases/night"
for model in c1 c2 f1; do
    cp "$here/../lifecycle/deploy-$model.yaml" "$scratch/cases/lifecycle"
    sed "s/^after: .*/after: [lifecycle.deploy-$model]/" "$here/../lifecycle/teardown-$model.yaml" \
        >"$scratch/cases/lifecycle/teardown-$model.yaml"
done
cat >"$scratch/cases/night/hangs.yaml" <<END
id: night.hangs
title: a kubectl that hangs is ended by the budget
why: its connection may be held by a firewall for hours
after: [lifecycle.deploy-c1]
steps:
  - run: [kubectl, get, nodes]
END
cat >"$scratch/cases/night/away.yaml" <<END
id: night.away
title: a controller that is not there when a model is added, and does not come
why: one line says so, when the step has no time left
steps:
  - run: [juju, add-model, --no-switch, away]
END
cat >"$scratch/kubectl" <<END
#!/bin/sh
[ "\$1" = get ] || exit 0
echo asking
sleep 1000 &
echo \$! >"$scratch/sleeper"
wait
END
chmod +x "$scratch/kubectl"
printf 'run: 3m\nsteps: {run kubectl: 1s, run juju add-model: 1s}\n' >"$scratch/budget.yaml"

run=$scratch/run
exits 1 "$BIN/confed" run --floor 6s --evidence 0s --cases "$scratch/cases" --budget "$scratch/budget.yaml" --out "$run" \
    --tool kubectl="$scratch/kubectl" \
    --fault 'juju add-model refuse at=away' --fault 'juju destroy-model expire at=c1' --fault 'juju * warn at=c1' \
    --fault 'juju * expire skip=3 at=c2' --fault 'juju * refuse skip=3 at=f1'
of() { jq -r ".results[] | select(.case == \"$1\") | \"\(.verdict) \(.message)\"" "$run/results.json" | head -n 1; }
says() { # says CASE VERDICT TEXT
    of "$1" >"$scratch/said"
    has "$1" "$scratch/said" "$2 "
    has "$1" "$scratch/said" "$3"
}
says lifecycle.deploy-c1 passed ""
says night.hangs error "timeout: expected the command ends; last seen: still running after 6.0 s, last line: asking"
kill -0 "$(cat "$scratch/sleeper")" 2>/dev/null && fail "the child of the kubectl that hung is still there"
says night.away error "environment: expected the controller of juju answers; last seen: unable to connect to API: dial tcp "
says night.away error ": connect: connection refused, for "
says lifecycle.deploy-c2 error "environment: expected every machine, application and unit of c2 is settled"
says lifecycle.deploy-c2 error "juju login admin, for 300 s"
says lifecycle.deploy-f1 error "connection refused, for 300 s"
is "what is left behind" "$(jq -r '.results[] | select(.case == "lifecycle.teardown-c1") | .steps[-1] | "\(.outcome): \(.title)"' "$run/results.json")" \
    "unmet: model c1 is not left behind"
says lifecycle.teardown-c1 failed "expected not: json is {\"models\""
says lifecycle.teardown-c2 error "takes our login no more (ERROR login expired)"
says lifecycle.teardown-f1 failed "connection refused"
done_testing
