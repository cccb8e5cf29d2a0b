#!/bin/sh
# The host of a federation reacts as a cluster does: the federation's API server answers on each worker, with the certificate of the secret, as
# soon as and for as long as the firewall lets it; who it knows; it goes with its deployment; a claim without a volume stays Pending.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
for tool in kubectl jq openssl curl perl; do
    command -v "$tool" >/dev/null 2>&1 || {
        echo "skipped: there is no $tool here"
        exit 77
    }
done
world=$scratch/world init=""
trap '[ -z "$init" ] || kill "$init" 2>/dev/null || true; "$BIN/confed" down "$world" >/dev/null 2>&1 || true; rm -rf "$scratch"' EXIT
HOME=$scratch
export HOME

"$BIN/confed" up --speed 1000 "$world" >"$scratch/env" 2>"$scratch/err" || fail "up: $(cat "$scratch/err")"
eval "$(cat "$scratch/env")"
KUBECONFIG=$scratch/config
export KUBECONFIG

exits 0 juju add-model f1
exits 0 juju deploy -m f1 "$here/../../fixtures/bundle/two-workers/bundle.yaml"
settled() { juju status --format=json | jq -e '[.applications[] | select(.["application-status"].current != "active")] == []'; }
soon "the model" settled
exits 0 juju scp kubernetes-master/0:config "$KUBECONFIG"
exits 0 kubectl config rename-context "$(kubectl config current-context)" f1
juju status --format=json >"$scratch/status"
address() { jq -r --arg unit "$1" '.applications[$unit | split("/")[0]].units[$unit]["public-address"]' "$scratch/status"; }
first=$(address kubernetes-worker/0) second=$(address kubernetes-worker/1) master=$(address kubernetes-master/0)
system() { kubectl --context=f1 -n federation-system "$@"; }

# start_init OPTION...: in the background, as it waits for the port
start_init() {
    kubefed init federation --host-cluster-context=f1 --dns-provider=coredns --dns-zone-name=example.com. --api-server-service-type=NodePort \
        --api-server-advertise-address="$first" "$@" >"$scratch/init" 2>&1 &
    init=$!
}
# It waits for ever for what does not come, so nobody waits for it without an end.
init_said() { grep -q "Federation API server is running at: $first:$port" "$scratch/init"; }

# A claim that nobody binds holds the pod of the API server back, and so the whole of init.
start_init
soon "a claim" system get pvc federation-apiserver-etcd-claim
soon "the other pod" sh -c "kubectl --context=f1 -n federation-system get pods | grep -q 'controller-manager.*Running'"
is "the claim" "$(system get pvc -o jsonpath='{.items[*].status.phase}')" Pending
is "the pod of the API server" "$(system get pods -l module=federation-apiserver -o jsonpath='{.items[*].status.phase}')" Pending
kill -0 "$init" || fail "init does not wait: $(cat "$scratch/init")"
kill "$init"
wait "$init" 2>/dev/null || true
init=""

# What it left stops the next one.
exits 1 kubefed init federation --host-cluster-context=f1 --dns-provider=coredns --dns-zone-name=example.com.
has "init after one that was killed" "$scratch/out" 'Error from server (AlreadyExists): namespaces "federation-system" already exists'
exits 0 kubectl --context=f1 delete namespace federation-system

start_init --etcd-persistent-storage=false --apiserver-enable-token-auth --apiserver-enable-basic-auth
pods_run() { system get pods -o json | jq -e '[.items[] | select(.status.phase == "Running")] | length == 2'; }
soon "the pods" pods_run
port=$(system get service federation-apiserver -o jsonpath='{.spec.ports[0].nodePort}')

# answers ADDRESS: the status with which /healthz answers there without credentials; 000 where nobody listens
answers() { curl -sk --noproxy '*' -o /dev/null -w '%{http_code}' "https://$1:$port/healthz" || true; }
answers_as() { [ "$(answers "$1")" = "$2" ]; }
# hosts WHEN FIRST SECOND: what the workers answer, and that nothing else does
hosts() {
    soon "the first worker $1" answers_as "$first" "$2"
    soon "the second worker $1" answers_as "$second" "$3"
    is "the master $1" "$(answers "$master")" 000
}
hosts "behind the firewall" 000 000
exits 0 juju run --unit kubernetes-worker/1 "open-port $port"
hosts "with the port open on the second" 000 401
exits 0 juju run --application kubernetes-worker "open-port $port"
hosts "with the port open on both" 401 401
soon "the end of init" init_said
wait "$init" || fail "init: $(cat "$scratch/init")"
init=""

# The certificate is that of the secret, on each of them, and it is checked.
system get secret federation-apiserver-credentials -o json | jq -r '.data["server.crt"]' | base64 -d | openssl x509 -noout -fingerprint >"$scratch/made"
for worker in "$first" "$second"; do
    openssl s_client -connect "$worker:$port" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint >"$scratch/shown"
    is "the certificate of $worker" "$(cat "$scratch/shown")" "$(cat "$scratch/made")"
done

# Its own users: those that init made, and nobody else.
kubectl config view --raw -o json >"$scratch/config.json"
value() { jq -r "$1" "$scratch/config.json"; }
token=$(value '.users[] | select(.name == "federation") | .user.token')
password=$(value '.users[] | select(.name == "federation-basic-auth") | .user.password')
[ ${#token} -gt 20 ] || fail "no token in the kubeconfig"
[ ${#password} -gt 20 ] || fail "no password in the kubeconfig"
known() { curl -sk --noproxy '*' -o /dev/null -w '%{http_code}' "$@" "https://$first:$port/api"; }
is "nobody" "$(known)" 401
is "a token" "$(known -H "Authorization: Bearer $token")" 200
is "another token" "$(known -H "Authorization: Bearer no$token")" 401
is "a password" "$(known -u "admin:$password")" 200
is "another password" "$(known -u admin:no)" 401
is "another user" "$(known -u "somebody:$password")" 401
exits 0 kubectl --context=federation get --raw /api

# join and unjoin that are killed while a request has no answer; it waits for one without an end.
# killed FAULT DONE...: kubefed COMMAND meets the fault, and is killed as soon as what comes before it is done
killed() {
    command=$1 rule=$2
    shift 2
    control "$world" "{\"command\": \"fault\", \"add\": \"$rule\"}"
    kubefed "$command" f1 --host-cluster-context=f1 --context=federation >"$scratch/killed" 2>&1 &
    init=$!
    soon "$command before the fault" "$@"
    kill -9 "$init"
    wait "$init" 2>/dev/null || true
    init=""
    control "$world" '{"command": "fault", "clear": true}'
}
next() { kubefed "$@" f1 --host-cluster-context=f1 --context=federation; }
clusters() { kubectl --context=federation get clusters -o name; }
stays='Error from server (AlreadyExists): secrets "f1" already exists'
killed join "post clusters drop at=federation" system get secret f1
is "clusters after a join that was killed" "$(clusters)" ""
exits 1 next join
has "join after one that was killed" "$scratch/out" "$stays"
exits 0 next unjoin
has "unjoin after such a join" "$scratch/out" 'WARNING: cluster "f1" not found in federation'
exits 1 next join
exits 0 system delete secret f1
exits 0 next join
no_clusters() { [ -z "$(clusters)" ]; }
killed unjoin "delete secrets drop at=f1" no_clusters
exits 0 next unjoin
has "unjoin after one that was killed" "$scratch/out" 'WARNING: cluster "f1" not found in federation'
exits 1 next join
has "join after an unjoin that was killed" "$scratch/out" "$stays"

# The firewall takes it away again, and so does the end of its deployment.
exits 0 juju run --unit kubernetes-worker/0 "close-port $port"
hosts "with the port closed on the first" 000 401
exits 0 juju run --unit kubernetes-worker/0 "open-port $port"
hosts "opened again" 401 401
exits 0 system scale deployment federation-apiserver --replicas=0
hosts "without a replica" 000 000
exits 0 system scale deployment federation-apiserver --replicas=1
hosts "with one again" 401 401
exits 0 system delete deployment federation-apiserver
hosts "without its deployment" 000 000
done_testing
