#!/bin/sh
# In the middle of a run nobody knows us any more: the token of one cluster and the login at the controller of Juju
# expire. One line says of each what, where and what to do; there is evidence of all the rest; what could not be taken
# down is said to be there.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
mkdir -p "$scratch/cases/login"
cp -r "$here/../lifecycle" "$scratch/cases/"
rm "$scratch"/cases/lifecycle/teardown.yaml
for model in c1 c2 f1; do
    sed "s/^after: .*/after: [lifecycle.deploy-$model]/" "$here/../lifecycle/teardown-$model.yaml" \
        >"$scratch/cases/lifecycle/teardown-$model.yaml"
done
cat >"$scratch/expire" <<'END'
#!/bin/sh
# expire RULE...: from now on
for rule; do
    perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die; print $s "{\"command\": \"fault\", \"add\": \"$ARGV[1]\"}\n"; print <$s>' \
        "$(jq -r .socket "$CONFED_WORLD")" "$rule"
done
END
chmod +x "$scratch/expire"
cat >"$scratch/cases/login/token.yaml" <<END
id: login.token
title: a token that expires between two commands
why: a token of OIDC or of a cloud lives for an hour, a night lasts for eight
after: [lifecycle.contexts]
steps:
  - run: [kubectl, --context=c1, get, nodes]
  - run: ["$scratch/expire", "* * expire at=c1"]
  - run: [kubectl, --context=c1, get, nodes]
END
cat >"$scratch/cases/login/api.yaml" <<END
id: login.api
title: the harness itself is not let in any more
why: waiting does not help, so it does not last for the whole of the step
after: [lifecycle.contexts]
steps:
  - run: ["$scratch/expire", "* * expire at=c1"]
  - await: {context: c1, path: /api/v1/nodes}
    until: {json: {items: {count: {at_least: 1}}}}
    deadline: 40h
END
cat >"$scratch/cases/login/juju.yaml" <<END
id: login.juju
title: the login at the controller expires between two commands
why: it does after a day, or when somebody changes the password
after: [lifecycle.contexts]
steps:
  - run: [juju, config, -m, c2, etcd, port]
  - run: ["$scratch/expire", "juju * expire"]
  - run: [juju, config, -m, c2, etcd, port]
END
run=$scratch/run
exits 1 "$BIN/confed" run --cases "$scratch/cases" --out "$run" --floor 5s \
    login.token login.api login.juju
verdicts() { jq -r '[.results[] | select(.case | test("^login|teardown")) | "\(.case):\(.verdict)"] | sort | join(" ")' "$run/results.json"; }
is "verdicts" "$(verdicts)" "lifecycle.teardown-c1:error lifecycle.teardown-c2:error lifecycle.teardown-f1:error \
login.api:error login.juju:error login.token:error"
for case in login.token login.api; do
    result "$run" $case .message >"$scratch/said"
    has $case "$scratch/said" "the API server of context c1 takes our credentials no more ("
    has $case "$scratch/said" "): renew them in the kubeconfig and run again, or --resume what was kept"
done
[ "$(result "$run" login.api .elapsed_ms)" -lt 30000 ] ||
    fail "a refusal was waited for"
for case in login.juju lifecycle.teardown-c2; do
    result "$run" $case .message >"$scratch/said"
    has $case "$scratch/said" "the controller of juju takes our login no more (ERROR login expired): log in with \`juju login\` and run again, or --resume what was kept"
done
has "the tear-down" "$scratch/said" "; until then what is taken down here may be left behind: confed down"
# Evidence of the rest, and of these why there is none.
manifest=$(find "$run/evidence" -name manifest.json | sort | tail -n 1)
is "evidence of f1" "$(jq -r '[.sources[] | select(.context == "f1") | .state] | unique | join(" ")' "$manifest")" "absent whole"
has "evidence of c1" "$manifest" "HTTP 401: Unauthorized"
is "who was logged out stays in no file" "$(grep -rlE 'Bearer [A-Za-z0-9]' "$run/evidence" "$run/steps" "$run"/*.json* || true)" ""
done_testing
