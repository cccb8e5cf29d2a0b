#!/bin/sh
# The whole life cycle in the simulated world, with one of the machine's kubectls.
# usage: lifecycle.sh NUMBER   (of the list that ci/fetch-kubectl --list prints)
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
kubectl=$("$here/../../ci/fetch-kubectl" --list | sed -n "${1}p")
[ -n "$kubectl" ] || exit 77

run=$scratch/run
mkdir "$scratch/home"
code=0
HOME=$scratch/home "$BIN/confed" run --tool kubectl="$kubectl" --out "$run" >"$scratch/out" 2>&1 || code=$?
is "exit code with $kubectl" "$code" 0
[ "$code" = 0 ] || grep -vE '^(passed|ok|begin)' "$scratch/out" >&2

# Every step of the walk-through is covered by a case that passed, or by the known gap.
for n in 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36; do
    verdicts=$(jq -r --arg w "W$n" '[.results[] | select(.covers | index($w)) | .verdict] | unique | join(" ")' "$run/results.json")
    case $verdicts in
    passed | known-gap) ;;
    *) fail "W$n: '$verdicts', expected a case that passed" ;;
    esac
done
is "the gap" "$(result "$run" lifecycle.dns .verdict)" known-gap
message=$(xmllint --xpath 'string(//testcase[starts-with(@name,"dns:")]/skipped/@message)' "$run/junit.xml")
case $message in
"KNOWN GAP FED-GAP-001: "*"10.152.183."*) ;;
*) fail "the gap's message in JUnit: $message" ;;
esac

# What kubefed init -v 9 wrote: requests as client-go logs them, and a closed port as a line without a status.
log=$(grep -l 'round_trippers.go' "$run"/steps/lifecycle.init/*.stderr)
klog='I[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6} +[0-9]+ '
lines() { sed -nE "s/^$klog([a-z_]+\.go:[0-9]+)\] /\\1 /p" "$log"; }
is "lines of kubefed's log" "$(lines | wc -l)" "$(wc -l <"$log")"
is "sources in kubefed's log" "$(lines | sed 's/:.*//' | sort -u | tr '\n' ' ')" "init.go loader.go request.go round_trippers.go "
for line in \
    'round_trippers.go:386 curl -k -v -XPOST  -H "' \
    'round_trippers.go:405 POST https://[0-9.]*:6443/api/v1/namespaces/federation-system/services 201 Created in [0-9]* milliseconds' \
    'round_trippers.go:405 GET https://[0-9.]*:3[0-9]*/healthz  in [0-9]* milliseconds' \
    'round_trippers.go:405 GET https://[0-9.]*:3[0-9]*/healthz 200 OK in [0-9]* milliseconds' \
    'round_trippers.go:411 Response Headers:' \
    'round_trippers.go:414     Content-Type: application/json' \
    'request.go:873 Request Body: {"kind":"Namespace"' \
    'request.go:873 Response Body: ok'; do
    lines | grep -q -- "^$line" || fail "kubefed -v 9 wrote no line '$line'"
done

# Nothing outside the run's folder, no process left, no secret in a log or a report.
[ -z "$(ls -A "$scratch/home")" ] || fail "the person's home was touched: $(ls -A "$scratch/home")"
pid=$(jq -r .pid "$run/world/world.json" 2>/dev/null || true)
[ -z "$pid" ] || ! kill -0 "$pid" 2>/dev/null || fail "confed-sim still runs as $pid"
sed -n 's/^ *"*\(client-key-data\|token\)"*: *"*\([^" ]*\)"*$/\2/p' "$run/kubeconfig" >"$scratch/secrets"
[ -s "$scratch/secrets" ] || fail "no key found in the kubeconfig, so the check for secrets is void"
while read -r secret; do
    leaks=$(grep -rlF -- "$secret" "$run/observations.jsonl" "$run/results.json" "$run/junit.xml" "$run/report.html" "$run/steps" || true)
    [ -z "$leaks" ] || fail "a key reached $leaks"
done <"$scratch/secrets"
! grep -rl 'PRIVATE KEY' "$run/observations.jsonl" "$run/results.json" "$run/junit.xml" "$run/report.html" "$run/steps" ||
    fail "a private key reached a log"
done_testing
