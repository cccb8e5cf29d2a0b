#!/bin/sh
# A kubefed that is not ours finishes init, join and unjoin in the simulated world: what a real one was
# recorded to send (fixtures/exchanges) is sent by curl, with certificates made by openssl and the
# credentials of the kubeconfigs, and goes on only with answers with which the real one went on.
# usage: foreign_kubefed.sh RELEASE|ways|trouble|controller-manager
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
exchanges=$here/../../fixtures/exchanges
world_pid="" client=""
stop_world() {
    [ -z "$client" ] || touch "$client/over"
    [ ! -f "$client/pids" ] || while read -r pid; do kill "$pid" 2>/dev/null || true; done <"$client/pids"
    [ -z "$world_pid" ] || kill "$world_pid" 2>/dev/null || true
    world_pid=""
}
trap 'stop_world; rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM

# until_true COMMAND...: repeated for at most a minute
until_true() {
    began=$(date +%s)
    until "$@" >"$scratch/out" 2>&1; do
        [ $(($(date +%s) - began)) -lt 60 ] || return 1
        sleep 0.05
    done
}

# start_world NAME OPTION...: with the models f1, c1 and c2
start_world() {
    world=$scratch/$1 client=$scratch/$1/client
    shift
    mkdir -p "$client"
    "$BIN/confed-sim" world --dir "$world" --speed 1000 "$@" 2>"$world/errors" &
    world_pid=$!
    until_true test -s "$world/world.json" || fail "no world: $(cat "$world/errors")"
    CONFED_WORLD=$world/world.json
    export CONFED_WORLD
    PATH=$world/bin:$PATH
    for model in f1 c1 c2; do
        juju add-model --no-switch "$model" >/dev/null 2>&1
        juju deploy -m "$model" "$here/../../fixtures/bundle/federated-kubernetes-core/bundle.yaml" >/dev/null 2>&1
    done
    for model in f1 c1 c2; do
        until_true juju scp -m "$model" kubernetes-master/0:config "$world/$model.yaml" || fail "$model: no kubeconfig: $(cat "$scratch/out")"
        read_kubeconfig "$model"
        until_true settled "$model" || fail "$model does not settle"
    done
    advertise=$(juju status -m f1 --format=json | jq -r '.applications["kubernetes-worker"].units["kubernetes-worker/0"]["public-address"]')
    etcd=$(juju status -m f1 --format=json | jq -r '.applications["etcd-dns"].units["etcd-dns/0"]["public-address"]')
}

settled() { juju status -m "$1" --format=json | jq -e '[.applications[] | select(.["application-status"].current != "active")] == []'; }

# read_kubeconfig NAME: the client's credentials for that cluster, from the kubeconfig of the charm
read_kubeconfig() {
    mkdir -p "$client/$1"
    kubectl --kubeconfig "$world/$1.yaml" config view --raw -o json >"$client/$1/config"
    jq -rj '.clusters[0].cluster.server' "$client/$1/config" >"$client/$1/url"
    jq -r '.clusters[0].cluster["certificate-authority-data"]' "$client/$1/config" | base64 -d >"$client/$1/ca.crt"
    jq -r '.users[0].user["client-certificate-data"]' "$client/$1/config" | base64 -d >"$client/$1/client.crt"
    jq -r '.users[0].user["client-key-data"]' "$client/$1/config" | base64 -d >"$client/$1/client.key"
}

# issue NAME CN USAGE [SANS]: a certificate of the federation's authority, RSA as kubefed makes them
issue() {
    openssl req -new -newkey rsa:2048 -nodes -keyout "$client/$1.key" -subj "/CN=$2" -out "$client/$1.csr" 2>/dev/null
    printf 'keyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=%s\n' "$3" >"$client/$1.ext"
    [ -z "${4:-}" ] || echo "subjectAltName=$4" >>"$client/$1.ext"
    openssl x509 -req -in "$client/$1.csr" -CA "$client/ca.crt" -CAkey "$client/ca.key" -CAcreateserial -days 365 \
        -extfile "$client/$1.ext" -out "$client/$1.crt" 2>/dev/null
}

# make_certificates SERVICE: what kubefed makes before it posts the credentials
make_certificates() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$client/ca.key" -out "$client/ca.crt" -days 3650 -subj /CN=federation 2>/dev/null
    issue server federation-apiserver serverAuth "DNS:$1,DNS:$1.federation-system,DNS:$1.federation-system.svc,DNS:$1.federation-system.svc.cluster.local,IP:$advertise"
    issue admin admin clientAuth
    issue manager federation-controller-manager clientAuth
    mkdir -p "$client/federation"
    cp "$client/ca.crt" "$client/federation/ca.crt"
    cp "$client/admin.crt" "$client/federation/client.crt"
    cp "$client/admin.key" "$client/federation/client.key"
    jq -n --arg ca "$(base64 -w0 "$client/ca.crt")" --arg crt "$(base64 -w0 "$client/manager.crt")" --arg key "$(base64 -w0 "$client/manager.key")" --arg server "https://$1" '
        {kind: "Config", apiVersion: "v1", preferences: {}, clusters: [{name: "federation", cluster: {server: $server, "certificate-authority-data": $ca}}],
        users: [{name: "federation-controller-manager", user: {"client-certificate-data": $crt, "client-key-data": $key}}],
        contexts: [{name: "federation-controller-manager@federation", context: {cluster: "federation", user: "federation-controller-manager"}}],
        "current-context": "federation-controller-manager@federation"}' >"$client/manager.config"
    printf '[Global]\netcd-endpoints = http://%s:4001\nzones = juju-fed.com.\n' "$etcd" >"$client/provider.conf"
    jq -n --arg ca "$(base64 -w0 "$client/ca.crt")" --arg crt "$(base64 -w0 "$client/server.crt")" --arg key "$(base64 -w0 "$client/server.key")" \
        --arg manager "$(base64 -w0 "$client/manager.config")" --arg dns "$(base64 -w0 "$client/provider.conf")" --arg advertise "$advertise" \
        '{ca_crt: $ca, server_crt: $crt, server_key: $key, manager_kubeconfig: $manager, dns_provider_conf: $dns, advertise: $advertise, api_server_port: null}' \
        >"$client/values.json"
}

# give NAME VALUE: a value for the steps
give() { jq -c --arg name "$1" --argjson value "$2" '.[$name] = $value' "$client/values.json" >"$client/values.new" && mv "$client/values.new" "$client/values.json"; }

# replay RELEASE COMMAND: 0 when the foreign client came to its end
replay() { "$here/replay.sh" "$exchanges/$1/$2.jsonl" "$client"; }

# In the background, as somebody who watches kubefed wait: opens the port once it is known.
open_port() {
    until_true grep -q '"node_port":[0-9]' "$client/values.json" || return 1
    federation=https://$advertise:$(jq .node_port "$client/values.json")
    printf %s "$federation" >"$client/federation/url"
    juju run -m f1 --application kubernetes-worker "open-port ${federation##*:}" >/dev/null
}

# init RELEASE SERVICE [PORT]
init() {
    make_certificates "$2"
    [ -z "${3:-}" ] || give api_server_port "$3"
    open_port &
    opener=$!
    replay "$1" init || fail "$1 init"
    wait "$opener" || fail "$1: the port was not opened"
    [ -z "${3:-}" ] || is "$1: the port asked for" "$(jq .node_port "$client/values.json")" "$3"
    federation=$(cat "$client/federation/url")
}

# admin METHOD PATH CURL-OPTION...: one request to the federation, with the kubeconfig's certificate
admin() {
    method=$1 path=$2
    shift 2
    curl -sS --noproxy '*' --cacert "$client/federation/ca.crt" --cert "$client/federation/client.crt" --key "$client/federation/client.key" \
        -X "$method" "$federation$path" "$@"
}

is_ready() { admin GET "/apis/federation/v1beta1/clusters/$1" | jq -e '.status.conditions[0] | .type == "Ready" and .status == "True"'; }

join() {
    # The charm's add-ons make kube-dns's ConfigMap; the recorded clusters had none: both ways are walked.
    kubectl --kubeconfig "$world/c2.yaml" -n kube-system delete configmap kube-dns >/dev/null || fail "$1: no ConfigMap kube-dns in c2"
    for cluster in c1 c2; do
        give cluster "\"$cluster\""
        give cluster_server "$(jq '.clusters[0].cluster.server' "$client/$cluster/config")"
        give member_kubeconfig "\"$(base64 -w0 "$client/$cluster/config")\""
        replay "$1" join || fail "$1 join $cluster"
    done
    for cluster in c1 c2; do until_true is_ready "$cluster" || fail "$1: $cluster is not Ready: $(cat "$scratch/out")"; done
}

unjoin() {
    for cluster in c2 c1; do
        give cluster "\"$cluster\""
        replay "$1" unjoin || fail "$1 unjoin $cluster"
    done
    is "$1: the clusters after unjoin" "$(admin GET /apis/federation/v1beta1/clusters | jq -c '[.items[].metadata.name]')" "[]"
}

# life PROFILE RELEASE SERVICE [PORT]: init, join and unjoin of one kubefed against one release
life() {
    start_world "$1-$2" --profile "$1"
    init "$2" "$3" "${4:-}"
    join "$2"
    unjoin "$2"
    stop_world
}

# fails_at WORDS COMMAND...: the replay stops, and says so
fails_at() {
    words=$1
    shift
    if REPLAY_SECONDS=3 "$@" 2>"$scratch/stopped"; then fail "$* ended well, expected: $words"; else has "$*" "$scratch/stopped" "$words"; fi
}

# A replay that nothing can stop would prove nothing.
trouble() {
    start_world refused --profile 1.9.0 --fault "post deployments status=403 at=f1"
    make_certificates apiserver
    fails_at "deployments: HTTP status 403" replay kubefed-1.10 init
    stop_world
    start_world silent --profile 1.9.0 --fault "get /healthz reset at=federation"
    make_certificates apiserver
    open_port &
    opener=$!
    fails_at "GET federation /healthz: cannot be reached" replay kubefed-1.10 init
    wait "$opener" || fail "the port was not opened"
}

# A federation controller manager that is not ours does its work with the API servers: discovery, lists
# and watches, a cluster's status, a replica set made and deleted.
controller_manager() {
    # Slower, since a watch of some minutes ends in the world's time.
    start_world manager --profile 1.9.0 --speed 200
    init kubefed-1.10 apiserver
    give cluster '"c1"'
    give cluster_server "$(jq '.clusters[0].cluster.server' "$client/c1/config")"
    replay kubefed-1.10 join || fail "join c1"
    # Ours makes place for it.
    kubectl --kubeconfig "$world/f1.yaml" -n federation-system delete deployment controller-manager >/dev/null || fail "no controller-manager"

    # As in its pod: by the service's name, with the certificate of its secret; in the member with the account's token.
    mkdir -p "$client/manager" "$client/account"
    printf https://apiserver >"$client/manager/url"
    echo "apiserver:443:${federation#https://}" >"$client/manager/connect-to"
    cp "$client/ca.crt" "$client/manager/ca.crt"
    cp "$client/manager.crt" "$client/manager/client.crt"
    cp "$client/manager.key" "$client/manager/client.key"
    cp "$client/c1/url" "$client/account/url"
    jq -r '.token_data["ca.crt"]' "$client/values.json" | base64 -d >"$client/account/ca.crt"
    jq -r .token_data.token "$client/values.json" | base64 -d >"$client/account/token"

    replay controller-manager-1.10 start || fail "start"
    replay controller-manager-1.10 cluster || fail "cluster"
    admin POST /api/v1/namespaces -H 'Content-Type: application/json' -d '{"metadata":{"name":"default"}}' >/dev/null
    admin POST /apis/extensions/v1beta1/namespaces/default/replicasets -H 'Content-Type: application/yaml' \
        --data-binary "@$here/../../fixtures/manifests/nginx-rs.yaml" >"$scratch/out"
    replay controller-manager-1.10 replicaset || fail "replicaset"
    admin DELETE /apis/extensions/v1beta1/namespaces/default/replicasets/nginx -H 'Content-Type: application/json' -d '{"orphanDependents":false}' >"$scratch/out"
    replay controller-manager-1.10 delete || fail "delete"
}

# answers METHOD PATH CURL-OPTION...: the HTTP status of the federation's answer
answers() { admin "$@" -o "$scratch/out" -w '%{http_code}'; }

# federation_ways PORT-STATUS TABLE-STATUS: a nodePort that no member would take, and a kubectl that takes tables only
federation_ways() {
    admin POST /api/v1/namespaces -H 'Content-Type: application/json' -d '{"metadata":{"name":"default"}}' >/dev/null
    is "a service with nodePort 99" "$(answers POST /api/v1/namespaces/default/services -H 'Content-Type: application/json' \
        -d '{"metadata":{"name":"s"},"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":99}]}}')" "$1"
    is "clusters as a table" "$(answers GET /apis/federation/v1beta1/clusters -H 'Accept: application/json;as=Table;v=v1;g=meta.k8s.io')" "$2"
}

is_offline() { admin GET "/apis/federation/v1beta1/clusters/$1" | jq -e '.status.conditions[0] | .type == "Offline" and .status == "True"'; }

# The controllers have no rights in a member but those of the account that join made there.
worthless_token() {
    give cluster '"c1"'
    give cluster_server "$(jq '.clusters[0].cluster.server' "$client/c1/config")"
    replay kubefed-1.10 join || fail "join c1"
    until_true is_ready c1 || fail "c1 is not Ready: $(cat "$scratch/out")"
    kubectl --kubeconfig "$world/c1.yaml" -n federation-system delete secret --all >/dev/null || fail "no secrets of accounts in c1"
    until_true is_offline c1 || fail "c1 is not Offline without its token: $(cat "$scratch/out")"
}

# The quirks of the federation's API server, seen from outside, as the release has them and the other way round.
ways() {
    start_world ways --profile 1.9.0
    init kubefed-1.10 apiserver
    federation_ways 201 200
    worthless_token
    stop_world
    start_world other-ways --profile 1.9.0 --quirk federated-service-unchecked=off --quirk table-not-acceptable=on
    init kubefed-1.10 apiserver
    federation_ways 422 406
}

case ${1:?a release, ways, trouble or controller-manager} in
1.6.2) life 1.6.2 kubefed-1.6 federation-apiserver ;;
1.7.0) life 1.7.0 kubefed-1.7 federation-apiserver ;;
1.8.0) life 1.8.0 kubefed-1.7 federation-apiserver 31300 ;;
1.9.0) life 1.9.0 kubefed-1.10 apiserver ;;
ways) ways ;;
trouble) trouble ;;
controller-manager) controller_manager ;;
*) fail "what is $1?" ;;
esac
done_testing
