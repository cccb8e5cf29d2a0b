#!/bin/sh
# The DNS cases in a world with load balancers, and what the harness says about servers in trouble: one
# fault for the name of each service of cases/dns/trouble.yaml.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"

set --
for fault in drop delay=500000 truncate wrong-id servfail refused lame loop stale; do
    set -- "$@" --fault "query trouble-${fault%=*}.default.federation.svc.juju-fed.com $fault at=f1/coredns"
done
exits 0 "$BIN/confed" run --quiet --out "$scratch/run" --offer loadbalancer --offer dns-trouble "$@" dns
for name in trouble levels parity missing table-nodeport services-c1 services-c2 headless-c1 headless-c2 external-c1 external-c2; do
    is "dns.$name" "$(result "$scratch/run" "dns.$name" .verdict)" passed
done
# What they say is in the reports, one line each.
for text in "TIMEOUT; 2 packets came\|TIMEOUT; 1 packets came" "SERVFAIL; the server of juju-fed.com" "LOOP; the CNAMEs lead in a circle" \
    "STALE; " "(lame)" "truth_tables"; do
    grep -q "$text" "$scratch/run/results.json" || fail "no '$text' in results.json"
done
has "the summary" "$scratch/run/summary.md" "| name | type | zone |"
done_testing
