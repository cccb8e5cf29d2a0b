#!/bin/sh
# A case that fails in a world of three models: of one, Juju does not answer any more, and the clocks of another are an
# hour ahead. What is collected is whole but for the one, within its time, in one order, without a secret; and a run
# whose disk is full ends with one clear error and keeps what is there.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir -p "$scratch/cases/evidence"
cp -r "$here/../lifecycle" "$scratch/cases/"
cat >"$scratch/cases/evidence/wrong.yaml" <<'END'
id: evidence.wrong
title: something with secrets in it goes wrong
after: [lifecycle.service]
steps:
  - run: [sh, -c, "kubectl --context=c2 create secret generic planted --from-literal=key=$PLANTED_TOKEN"]
  - run: [sh, -c, "kubectl --context=c2 create configmap planted --from-literal=conf=\"password=$PLANTED_TOKEN\""]
  - run: [kubectl, --context=c2, run, planted, --image=nginx, --restart=Never]
  - await: {context: c2, path: /api/v1/namespaces/default/events}
    until: {json: {items: {count: {at_least: 1}}}}
  - run: [sh, -c, "touch silent; echo \"token: $PLANTED_TOKEN\"; false"]
END

# silent JUJU: it says nothing about c1 once the case has gone wrong
cat >"$scratch/juju" <<'END'
#!/bin/sh
case "$*" in
*destroy-model* | *model-config*) ;;
*"-m c1"*) [ ! -e silent ] || exec sleep 60 ;;
esac
exec "$(dirname "$CONFED_WORLD")/bin/juju" "$@"
END
chmod +x "$scratch/juju"

run=$scratch/run
code=0
"$BIN/confed" run --cases "$scratch/cases" --tool juju="$scratch/juju" --clock c2=3600 --evidence 16s --out "$run" \
    --env PLANTED_TOKEN=s3cr3t-t0ken evidence.wrong >"$scratch/out" 2>&1 || code=$?
is "exit code" "$code" 1
got=$run/evidence/evidence.wrong
manifest=$got/manifest.json
sources() { jq -r --arg model "$1" "[.sources[] | select(.model == \$model) | .state] | unique | join(\" \")" "$manifest"; }
is "states of f1" "$(sources f1)" whole
is "states of c2" "$(sources c2)" whole
is "states of c1" "$(sources c1)" timeout
[ "$(jq .elapsed_ms "$manifest")" -le 16500 ] || fail "it took $(jq .elapsed_ms "$manifest") ms of 16000"
[ "$(jq .bytes "$manifest")" -le 16777216 ] || fail "it takes $(jq .bytes "$manifest") bytes"
is "what is missing of the clusters" "$(jq -r '[.sources[] | select(.context) | .state] | unique | join(" ")' "$manifest")" "absent whole"
for file in models/f1/status.json models/c2/debug-log.txt models/c2/unit-logs.json models/f1/ports.jsonl timeline.txt \
    models.json versions/kubectl.json versions/kubefed.txt versions/juju.txt clusters/c2/default/pods.json clusters/c2/default/describe.txt clusters/c1/nodes.json clusters/f1/version.json; do
    [ -s "$got/$file" ] || fail "$file is not there, or empty"
done
has "a unit's log" "$got/models/c2/unit-logs.json" uniter

# Open and closed ports: what Juju opened, each API server, and the NodePorts of the services.
probed() { jq -r "select(.asked.port == \"$2\") | .seen.state" "$got/$1" | sort -u | tr '\n' ' '; }
is "the API server of c1" "$(probed clusters/c1/ports.jsonl "$(jq -r '.sources[] | select(.source == "server port" and .context == "c1") | .port' "$manifest")")" "open "
port=$(jq -r '.items[] | select(.metadata.name == "beacon") | .spec.ports[0].nodePort' "$got/clusters/c2/default/services.json")
[ -n "$(probed clusters/c2/ports.jsonl "$port")" ] || fail "nobody tried the port $port of beacon on c2"
# Each federation name of the service, at the zone's server and in each member.
names=$got/dns/default.beacon.json
is "who was asked for beacon" "$(jq -r '[.rows[].asker] | unique | join(" ")' "$names")" "c1 c2 zone"
is "what was asked of c1" "$(jq -r '[.rows[] | select(.asker == "c1" and .type == "A") | .form] | unique | join(" ")' "$names")" \
    "global region svc svc.ns svc.ns.fed svc.ns.fed.svc svc.ns.svc zone"
has "federation names" "$names" beacon.default.federation.svc.juju-fed.com.

# The hour is known to the second, and the time line is in our order: c2 says 'Scheduled' between the steps around it.
skew=$(jq '[.clocks[] | select(.cluster == "c2") | .skew_ms] | first' "$manifest")
{ [ "$skew" -gt 3599000 ] && [ "$skew" -lt 3601000 ]; } || fail "c2 is said to be $skew ms ahead"
skew=$(jq '[.clocks[] | select(.cluster == "c1") | .skew_ms] | first' "$manifest")
{ [ "$skew" -gt -1000 ] && [ "$skew" -lt 1000 ]; } || fail "c1 is said to be $skew ms ahead"
has "the time line" "$got/timeline.txt" "its times are corrected"
grep '^20' "$got/timeline.txt" | LC_ALL=C sort -s -c -k1,1 || fail "the time line is not in order"
for source in ' confed  ' ' juju f1  ' ' c1  ' ' c2  '; do has "the time line" "$got/timeline.txt" "$source"; done
events=$(jq -c 'select(.event == "evidence") | .events' "$run/observations.jsonl")
late=$(echo "$events" | jq --arg now "$(date -u +%Y-%m-%dT%H:%M:%S.999Z)" '[.[] | select(.at > $now)] | length')
is "events of the future" "$late" 0
echo "$events" | jq -e 'any(.cluster == "c2" and .name == "planted")' >/dev/null || fail "no event of c2's pod"

# What the commands themselves need has secrets: the kubeconfig, Juju's data, the work folder, the world's own files.
leaks=$(grep -rl s3cr3t-t0ken "$run" --exclude-dir=home --exclude-dir=work --exclude-dir=world --exclude=kubeconfig || true)
is "files with a secret" "$leaks" ""
keys=$(grep -rlE 'PRIVATE KEY|client-key-data: [^<]' "$run/evidence" "$run/steps" "$run"/*.json* "$run"/*.xml "$run"/*.html || true)
is "files with a key" "$keys" ""

# It was collected before the models were gone, and they are gone.
is "the tear-down" "$(jq -r '[.results[] | select(.case | test("teardown")) | .verdict] | unique | join(" ")' "$run/results.json")" passed

# A disk that is full: one error that says so, and what was written stays readable.
one_error() {
    [ "$(grep -c 'No space left on device' "$scratch/out")" = 1 ] || fail "$1: no single clear error: $(tail -n 3 "$scratch/out")"
}
if [ -w /dev/full ]; then
    mkdir "$scratch/full"
    ln -s /dev/full "$scratch/full/observations.jsonl"
    exits 3 "$BIN/confed" run --cases "$here/cases" --out "$scratch/full" self.pass
    one_error "a log that is full from the beginning"
fi
if unshare -rm true 2>/dev/null; then
    mkdir -p "$scratch/disk" "$scratch/long/long"
    {
        printf 'id: long.talk\ntitle: much is said\nsteps:\n'
        for step in $(seq 60); do echo "  - run: [seq, ${step}0000, ${step}6000]"; done
    } >"$scratch/long/long/talk.yaml"
    # shellcheck disable=SC2016
    BIN=$BIN scratch=$scratch unshare -rm sh -c '
        mount -t tmpfs -o size=1m tmpfs "$scratch/disk" || exit 77
        code=0
        "$BIN/confed" run --cases "$scratch/long" --out "$scratch/disk/run" >"$scratch/out" 2>&1 || code=$?
        mkdir "$scratch/kept"
        cp -r "$scratch/disk/run/run.json" "$scratch/disk/run/observations.jsonl" "$scratch/disk/run/steps" "$scratch/kept"
        echo "$code" >"$scratch/code"' || echo "no tmpfs here: the full disk was tried with /dev/full only"
    if [ -e "$scratch/code" ]; then
        is "a disk that fills up: exit code" "$(cat "$scratch/code")" 3
        one_error "a disk that fills up"
        [ "$(find "$scratch/kept/steps" -size +30k | wc -l)" -gt 5 ] || fail "what had fitted was not kept"
        exits 1 "$BIN/confed" judge "$scratch/kept"
        is "what it was, judged elsewhere" "$(jq -r '.results[0].verdict' "$scratch/kept/results.json")" error
    fi
else
    echo "no mount namespaces here: the full disk was tried with /dev/full only"
fi
done_testing
