#!/bin/sh
# The profiles can be read by people and programs, and every quirk is asked for by the world.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
confed=$BIN/confed
root=$here/../..

exits 0 "$confed" profiles
for release in 1.6.2 1.7.0 1.8.0 1.9.0; do
    has "the list" "$scratch/out" "$release  v$release"
done
exits 0 "$confed" profiles 1.6.2
has "a quirk" "$scratch/out" "on   nodeport-dns: "
has "its gap" "$scratch/out" "[G-01]"
exits 2 "$confed" profiles --nonsense
exits 2 "$confed" profiles --diff 1.6.2
exits 3 "$confed" profiles 9.9.9
has "unknown profile" "$scratch/out" "1.6.2, 1.7.0"

# The check list before an upgrade: each line with its source.
"$confed" profiles --diff 1.6.2 1.7.0 >"$scratch/diff"
while read -r text; do
    has "the check list" "$scratch/diff" "$text"
done <<END
kubefed join --secret-name is gone
needs cluster-admin
prints progress lines
listens on 8443
federation.alpha.kubernetes.io/federation-name
kubefed init --etcd-image
kubefed init --etcd-pv-storage-class
InternalIP
service-dns controller
from the ConfigMap
Controllers can be switched off
cluster-selector
Scheduling policy admission
--runtime-config
Still not there: DNS records for NodePort services
Still not there: kubefed init --api-server-port
Still not there: TLS to etcd
guard their statuses
hyperkube image
exec over SPDY
END
"$confed" profiles --diff --json 1.6.2 1.7.0 >"$scratch/diff.json"
is "lines without a source" "$(jq '[.[] | select((.issue // "") | startswith("https://") | not)] | length' "$scratch/diff.json")" 0
is "a profile against itself" "$("$confed" profiles --diff --json 1.7.0 1.7.0)" "[]"

# A quirk that no code asks for would be a promise that nobody keeps.
if [ -d "$root/mocks" ]; then
    "$confed" profiles --json | jq -r '.["1.6.2"] | keys[]' >"$scratch/quirks"
    [ -s "$scratch/quirks" ] || fail "no quirks"
    while read -r quirk; do
        grep -rqF --include='*.c' -- "\"$quirk\"" "$root/mocks" ||
            fail "quirk $quirk: nothing in mocks/ asks for it"
        # gaps.sh switches those of the ledger.
        grep -rqE --include='test_*.c' --include='*.sh' -- "$quirk=(on|off)" "$root/cases" ||
            jq -e --arg q "$quirk" 'any(.quirk == $q)' "$root/fixtures/gaps.json" >"$scratch/out" ||
            fail "quirk $quirk: no test switches it, so nothing shows what it does"
    done <"$scratch/quirks"
fi
done_testing
