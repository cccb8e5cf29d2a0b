#!/bin/sh
# With load balancers and zone labels a service resolves on all levels; without each single precondition
# of federation DNS, confed dns gives that one as the reason. Worlds that stay up, changed by hand.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
clean() {
    for world in labelled plain; do
        "$BIN/confed" down "$scratch/$world/world" >/dev/null 2>&1 || true
    done
    rm -rf "$scratch"
}
trap clean EXIT

# why ASKER FORM TYPE [CONFED-DNS-ARGUMENT...]: "VERDICT code" of the row, looked at until it is $wanted or
# for some seconds: controllers, and kube-dns's view of a ConfigMap, take their time.
why() {
    asker=$1 form=$2 type=$3 tries=0
    shift 3
    while :; do
        "$BIN/confed" dns --json "$@" >"$scratch/table" 2>"$scratch/err" || true
        got=$(jq -r --arg a "$asker" --arg f "$form" --arg t "$type" \
            '[.rows[] | select(.asker == $a and .form == $f and .type == $t)][0] | "\(.verdict) \(.why[0].code)"' "$scratch/table" 2>/dev/null || true)
        tries=$((tries + 1))
        if [ "$got" = "$wanted" ] || [ "$tries" -ge 15 ]; then break; fi
    done
    echo "$got"
}
# expect WHAT WANTED ASKER FORM TYPE SERVICE...
expect() {
    what=$1 wanted=$2
    shift 2
    is "$what" "$(why "$@")" "$wanted"
}
kube() { kubectl "$@" >"$scratch/kubectl" 2>&1 || fail "kubectl $*: $(cat "$scratch/kubectl")"; }
config() { kube --context=c1 -n kube-system patch configmap kube-dns --type=merge -p "$1"; }
manifests=$here/../../fixtures/manifests

# --- nobody offers load balancers ------------------------------------------------------------------
exits 0 "$BIN/confed" run --quiet --keep --out "$scratch/plain" lifecycle.reach lifecycle.dns-chain-c1 lifecycle.dns-chain-c2
export KUBECONFIG="$scratch/plain/kubeconfig"
kube --context=federation create -f "$manifests/dns-balanced.yaml"
expect "a NodePort" "NXDOMAIN service-type" zone global A beacon
expect "no load balancer" "NXDOMAIN no-ingress" zone global A balanced
"$BIN/confed" down "$scratch/plain/world" >/dev/null

# --- everything is there ---------------------------------------------------------------------------
exits 0 "$BIN/confed" run --quiet --keep --out "$scratch/labelled" --offer loadbalancer dns.levels
KUBECONFIG="$scratch/labelled/kubeconfig"
stubs=$(kubectl --context=c1 -n kube-system get configmap kube-dns -o json | jq -c '.data | {data: {stubDomains, federations}}')
expect "the zone" "REMOTE_ZONE published" zone zone A balanced --context c2 --context c1
expect "the region" "REMOTE_GLOBAL published" zone region A balanced
expect "all of it" "REMOTE_GLOBAL published" zone global A balanced
expect "c1 is sent to c2" "REMOTE_GLOBAL remote" c1 svc.ns.fed A balanced
is "levels" "$(jq -c '[.wrong, .levels.published, .levels.bridged]' "$scratch/table")" "[0,true,true]"

# --- and then one thing is not ---------------------------------------------------------------------
config '{"data": {"stubDomains": null}}'
expect "no stub domain" "NODATA stub-domain-missing" c1 svc.ns.fed.svc A balanced
config '{"data": {"stubDomains": "{\"juju-fed.com\": [\"127.0.0.1:9\"]}"}}'
expect "a stub domain that is elsewhere" "NODATA stub-domain-elsewhere" c1 svc.ns.fed.svc A balanced
config "$stubs"
config '{"data": {"federations": null}}'
expect "no federations" "NXDOMAIN federations-missing" c1 svc.ns.fed.svc A balanced
# kube-dns ignores an update that it cannot use, so this one comes when there is nothing before it.
config '{"data": {"federations": "federation=juju-fed.com."}}'
expect "a trailing dot" "NXDOMAIN federations-dot" c1 svc.ns.fed.svc A balanced
config "$stubs"
expect "as it was" "REMOTE_GLOBAL remote" c1 svc.ns.fed.svc A balanced
expect "a cluster that has not joined" "NXDOMAIN no-shard" f1 svc.ns.svc A balanced --context f1 --context c2

kube --context=federation scale rs/balanced --replicas=0
expect "no ready endpoint" "NXDOMAIN no-ready-endpoint" zone global A balanced
kube --context=federation scale rs/balanced --replicas=1
expect "as it was" "REMOTE_GLOBAL published" zone global A balanced

for cluster in c1 c2; do kube --context=$cluster label nodes --all failure-domain.beta.kubernetes.io/zone-; done
kube --context=federation create -f "$manifests/gap-leftovers.yaml"
expect "no zone labels" "NXDOMAIN no-zone-label" zone global A gap-leftovers
kube --context=federation delete -f "$manifests/gap-leftovers.yaml"
expect "a service that is gone" "NXDOMAIN no-service" zone global A gap-leftovers

kube --context=c1 label nodes --all failure-domain.beta.kubernetes.io/zone=z1
kube --context=c2 label nodes --all failure-domain.beta.kubernetes.io/zone=z2
expect "as it was" "REMOTE_GLOBAL published" zone global A balanced
kube --context=f1 -n kube-system delete deployment federation-dns
expect "nobody serves the zone" "NODATA zone-server-silent" c1 svc.ns.fed.svc A balanced
expect "nobody at all" "TIMEOUT no-answer" zone global A balanced

# --- what cannot be seen is said --------------------------------------------------------------------
exits 1 "$BIN/confed" dns --rows --federation-context nothing balanced
has "a federation that is not there" "$scratch/out" "could not see the clusters of the federation"
exits 3 "$BIN/confed" dns --kubeconfig "$scratch/nothing" balanced
exits 2 "$BIN/confed" dns
exits 2 "$BIN/confed" dns --dns nonsense balanced
"$BIN/confed" dns --rows --dns c1=127.0.0.1:9 balanced >"$scratch/out" 2>&1 || true
has "a DNS server that is not there" "$scratch/out" "connection refused"
done_testing
