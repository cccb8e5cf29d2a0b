#!/bin/sh
# Every fault of DNS queries in a running world: as dig sees it at the cluster's DNS service, and as a
# pod's nslookup does. Each name of the rules has its own trouble, so that one world does for all.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
for tool in dig kubectl jq perl; do
    command -v "$tool" >/dev/null 2>&1 || {
        echo "skipped: there is no $tool here"
        exit 77
    }
done
world=$scratch/world
zone=default.svc.cluster.local
trap '"$BIN/confed" down "$world" >/dev/null 2>&1 || true; rm -rf "$scratch"' EXIT
HOME=$scratch
export HOME

set -- up --speed 200
for rule in "dropped drop" "late delay=3000" "tooLate delay=30000" "cut truncate" "short truncate=20" "other wrong-id" "failing servfail" \
    "refused refused" "gone nxdomain" "empty nodata" "lame lame" "looping loop" "old stale" "flaky servfail count=1"; do
    set -- "$@" --fault "query ${rule%% *}.$zone ${rule#* } at=c1/kube-dns"
done
"$BIN/confed" "$@" "$world" >"$scratch/env" 2>"$scratch/err" || fail "up: $(cat "$scratch/err")"
eval "$(cat "$scratch/env")"
exits 0 juju add-model c1
exits 0 juju deploy -m c1 "$here/../../fixtures/bundle/federated-kubernetes-core/bundle.yaml"

soon "the kubeconfig" juju scp kubernetes-master/0:config "$scratch/config"
k() { kubectl --kubeconfig "$scratch/config" "$@"; }
soon "the API" k get services kubernetes
master=$(sed -n 's#.*https://\([0-9.]*\):6443.*#\1#p' "$scratch/config")
names="dropped late toolate cut short other failing refused gone empty lame looping old flaky fine"
for name in $names; do
    exits 0 k create service clusterip "$name" --tcp=80
done
exits 0 k run box --image=busybox:1.35 --restart=Never --command -- sleep 36000
soon "the pod" sh -c "kubectl --kubeconfig '$scratch/config' get pod box -o jsonpath='{.status.phase}' | grep -q Running"

# saw NAME TEXT DIG-OPTIONS...
saw() {
    name=$1 text=$2
    shift 2
    dig -p 10053 "@$master" +time=1 +tries=1 "$@" "$name.$zone" A >"$scratch/out" 2>&1 || true
    grep -q -- "$text" "$scratch/out" || fail "$name by dig $*: no '$text' in: $(grep -v '^$' "$scratch/out" | head -n 8)"
}
address='10\.152\.183\.'
saw fine "$address"
saw dropped "timed out"
saw dropped "timed out" +tcp
saw late "$address"
saw cut "flags:.* tc" +ignore
saw cut "$address"
saw short "extra input\|malformed\|unexpected end\|bad packet\|message parser\|Got bad"
saw other "ID mismatch"
saw failing "status: SERVFAIL"
saw refused "status: REFUSED"
saw gone "status: NXDOMAIN"
saw empty "status: NOERROR.*"
saw empty "ANSWER: 0"
saw lame "AUTHORITY: 1"
saw looping "CNAME.*looping"
saw flaky "status: SERVFAIL"
saw flaky "$address"
was=$(k get service old -o jsonpath='{.spec.clusterIP}')
saw old "$was"
exits 0 k delete service old
saw old "$was"

# printed NAME CODE TEXT: what the pod's nslookup makes of it, waiting included.
printed() {
    code=0
    k exec box -- nslookup "$1.$zone" >"$scratch/out" 2>&1 || code=$?
    is "nslookup $1" "$code" "$2"
    has "nslookup $1" "$scratch/out" "$3"
}
printed fine 0 "Address: 10.152.183."
printed late 0 "Address: 10.152.183."
printed toolate 1 "connection timed out; no servers could be reached"
printed dropped 1 "connection timed out; no servers could be reached"
printed other 1 "connection timed out; no servers could be reached"
printed failing 1 "SERVFAIL"
printed refused 1 "REFUSED"
printed gone 1 "NXDOMAIN"
printed looping 0 "canonical name = loop.looping.$zone"
printed flaky 0 "Address: 10.152.183."
printed old 1 "Address: $was" # its AAAA is asked for the first time, and is gone

# The world's control takes the same rules while it runs, and forgets them all.
control "$world" "{\"command\": \"fault\", \"add\": \"query fine.$zone refused at=c1\"}"
saw fine "status: REFUSED"
control "$world" '{"command": "status"}'
is "how often it struck" "$(jq -r '.faults[] | select(.rule | startswith("query fine.")) | .struck' "$scratch/out")" 1
control "$world" '{"command": "fault", "add": "query fine conflict"}'
has "a rule that could never strike" "$scratch/out" 'befalls no query'
control "$world" '{"command": "fault", "clear": true}'
saw fine "$address"
saw old "status: NXDOMAIN"
saw dropped "$address"

exits 0 k exec box -- cat /etc/resolv.conf
has "resolv.conf" "$scratch/out" "search $zone svc.cluster.local cluster.local"
exits 0 k exec box -- hostname
is "hostname" "$(cat "$scratch/out")" box
exits 1 k exec box -- wget -qO- "http://nosuch/"
has "wget" "$scratch/out" "bad address 'nosuch'"
exits 1 k exec box -- nc -z fine 80
done_testing
