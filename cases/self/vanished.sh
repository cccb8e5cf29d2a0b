#!/bin/sh
# With the quirk switched off the same run reports the gap as vanished, and is red.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
run=$scratch/run
exits 1 "$BIN/confed" run --quirk nodeport-dns=off --out "$run"
is "the gap" "$(result "$run" lifecycle.dns .verdict)" gap-vanished
is "red rows" "$(jq -r '[.results[] | select(.verdict | IN("passed", "known-gap", "unsupported") | not) | .case] | join(" ")' "$run/results.json")" lifecycle.dns
is "JUnit" "$(xmllint --xpath 'string(//testcase[starts-with(@name,"dns:")]/failure/@type)' "$run/junit.xml")" GapVanished
address=$(result "$run" lifecycle.dns .evidence.federated_answer)
case $address in
127.*) ;;
*) fail "the federated name answered '$address', expected the address of a worker of c2" ;;
esac
done_testing
