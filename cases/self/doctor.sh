#!/bin/sh
# confed doctor --world juju: what is missing is said before a run, and what it lists is what a run takes.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
confed=$BIN/confed

exits 0 "$confed" doctor
has "the simulated world" "$scratch/out" "The simulated world can run: confed run"

# Without juju and kubefed.
mkdir "$scratch/bin"
ln -s "$(command -v kubectl)" "$scratch/bin/kubectl"
exits 1 env PATH="$scratch/bin" "$confed" doctor --world juju
has "no juju" "$scratch/out" "MISSING  juju "
has "no kubefed" "$scratch/out" "MISSING  kubefed "
has "what to do" "$scratch/out" "snap install juju --classic"

world_up --speed 1000

# A juju that nobody is logged in with, one that is not of this time, and one that hangs up.
for row in "controllers:echo 'ERROR No controllers registered.' >&2; exit 1:MISSING  controller" \
    "version:echo 4.0.1-noble-amd64:MISSING  juju" "models:echo 'ERROR not logged in' >&2; exit 1:juju login"; do
    rest=${row#*:}
    # shellcheck disable=SC2016
    printf '#!/bin/sh\ncase $1 in %s) %s ;; *) exec juju "$@" ;; esac\n' "${row%%:*}" "${rest%:*}" >"$scratch/bin/other"
    chmod +x "$scratch/bin/other"
    mkdir -p "$scratch/tool"
    mv "$scratch/bin/other" "$scratch/tool/juju"
    sed -i "s|exec juju|exec $(command -v juju)|" "$scratch/tool/juju"
    exits 1 "$confed" doctor --world juju --tool juju="$scratch/tool/juju"
    has "juju ${row%%:*}" "$scratch/out" "${rest##*:}"
done

# The controller itself: gone, a login that has ended, a client of another age; and one that warns all the time.
fault() {
    control "$scratch/world" '{"command": "fault", "clear": true}'
    control "$scratch/world" "{\"command\": \"fault\", \"add\": \"$1\"}"
}
fault "juju models refuse"
exits 1 "$confed" doctor --world juju
has "a controller that is gone" "$scratch/out" "MISSING  controller  sim does not show its models: juju models failed: ERROR unable to connect to API"
has "a controller that is gone" "$scratch/out" "see that it runs, and that its addresses (juju show-controller) are reached from here"
fault "juju models expire"
exits 1 "$confed" doctor --world juju
has "a login that has ended" "$scratch/out" "juju models failed: ERROR login expired: juju login"
fault "juju * warn"
exits 0 "$confed" doctor --world juju
has "warnings among JSON" "$scratch/out" "ok       login       admin, superuser; it lists 0 models"
has "credentials" "$scratch/out" "ok       credentials default, for cloud maas"
control "$scratch/world" '{"command": "fault", "clear": true}'
# shellcheck disable=SC2016
printf '#!/bin/sh\ncase $1 in version) echo 3.1.6-jammy-amd64 ;; *) exec %s "$@" ;; esac\n' "$(command -v juju)" >"$scratch/tool/juju"
exits 0 "$confed" doctor --world juju --tool juju="$scratch/tool/juju"
has "a client of another age" "$scratch/out" "versions    the client is 3.1.6, the controller 2.1.3: take a juju of the controller's major release"

# Clocks: the controller's, as its address in the client's files says it; an hour apart.
# clock SECONDS: what doctor says of a controller whose clock is that far ahead of ours
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$scratch/key" -out "$scratch/cert" -subj /CN=x 2>/dev/null
mkdir "$scratch/data"
clock() {
    rm -f "$scratch/hold" "$scratch/server"
    mkfifo "$scratch/hold"
    {
        printf 'HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Length: 0\r\n\r\n' "$(date -u -d "+$1 seconds" '+%a, %d %b %Y %H:%M:%S GMT')"
        cat "$scratch/hold"
    } | openssl s_server -accept 127.0.0.1:0 -cert "$scratch/cert" -key "$scratch/key" -naccept 1 >"$scratch/server" 2>&1 &
    tries=0
    until address=$(sed -n 's/^ACCEPT //p' "$scratch/server" 2>/dev/null) && [ -n "$address" ] || [ $((tries += 1)) -gt 100 ]; do sleep 0.05; done
    printf 'controllers:\n  sim:\n    api-endpoints: ["%s"]\n' "$address" >"$scratch/data/controllers.yaml"
    exits 0 env JUJU_DATA="$scratch/data" "$confed" doctor --world juju
    : >"$scratch/hold"
    wait
}
clock 0
has "clocks that agree" "$scratch/out" "ok       clocks      the controller's and ours agree"
clock 3600
has "clocks an hour apart" "$scratch/out" "missing  clocks      the controller's clock differs from ours by +3"
has "clocks an hour apart" "$scratch/out" "synchronise both (timedatectl set-ntp true)"

# A disk that is nearly full.
if unshare -rm true 2>/dev/null; then
    mkdir "$scratch/small"
    code=0
    # shellcheck disable=SC2016
    unshare -rm sh -c 'mount -t tmpfs -o size=50m confed "$1" && exec "$2" doctor --world juju --out "$1"' \
        sh "$scratch/small" "$confed" >"$scratch/out" 2>&1 || code=$?
    is "exit code of a disk that is nearly full" "$code" 1
    has "a disk that is nearly full" "$scratch/out" "MISSING  disk"
    has "a disk that is nearly full" "$scratch/out" "52 MB free for the run's folder: make room, or say --out elsewhere"
fi

# A model of our name, until we choose others.
juju add-model c1 2>/dev/null
exits 1 "$confed" doctor --world juju
has "a name that is taken" "$scratch/out" "a model c1 is there already: destroy it, or choose names with --prefix TEXT"
exits 0 "$confed" doctor --world juju --prefix night-
has "the prefix" "$scratch/out" "model    night-c1"
juju destroy-model -y c1 >/dev/null 2>&1

# What it lists, and what is there after a run that leaves everything.
"$confed" doctor --world juju --json lifecycle >"$scratch/doctor.json" || fail "doctor: $(cat "$scratch/doctor.json")"
is "able" "$(jq -r .able "$scratch/doctor.json")" true
is "a world before the run" "$(jq -r '[.checks[] | select(.state == "missing")] | length' "$scratch/doctor.json")" 0
run=$scratch/run
"$confed" run --world juju --env CONFED_WORLD --speed 1000 --keep --quiet --out "$run" lifecycle >"$scratch/out" 2>&1 ||
    fail "the run: $(tail -n 3 "$scratch/out")"
is "versions in run.json" "$(jq -r '.properties | .juju + " " + .kubefed' "$run/run.json")" "2.1.3 1.6.2"
jq -r .properties.kubectl "$run/run.json" | grep -q '^v[0-9.]*[^ ]*, /' || fail "run.json: kubectl is $(jq .properties.kubectl "$run/run.json")"
listed() { jq -r --arg kind "$1" '.uses[] | select(.kind == $kind) | .name' "$scratch/doctor.json" | sort -u; }
listed image >"$scratch/listed"
# In the members' kube-system is what the charms brought, in the host's also their CoreDNS.
images() { kubectl --kubeconfig "$run/kubeconfig" --context "$1" get pods --all-namespaces -o json | jq -r "$2"; }
images c1 '.items[] | select(.metadata.namespace == "kube-system") | .spec.containers[].image' >"$scratch/charms"
for cluster in f1 c1 c2; do images "$cluster" '.items[].spec.containers[].image'; done | sort -u |
    grep -vxF -f "$scratch/charms" | grep -vx 'coredns/coredns:007' >"$scratch/seen"
[ "$(wc -l <"$scratch/seen")" -ge 5 ] || fail "only these images were seen: $(cat "$scratch/seen")"
is "images that the list has not" "$(grep -vxF -f "$scratch/listed" "$scratch/seen" | tr '\n' ' ')" ""
is "models" "$(listed model | tr '\n' ' ')" "$(juju models --format=json | jq -r '.models[].name' | sort | tr '\n' ' ')"
is "charms" "$(listed charm | tr '\n' ' ')" \
    "$(juju status -m f1 --format=json | jq -r '.applications[].charm' | grep -v '^local:' | sort -u | tr '\n' ' ')"
is "packages of the local charm" "$(listed package)" etcd
done_testing
