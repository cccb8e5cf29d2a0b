#!/bin/sh
# Every gap of the ledger shows while its quirk is on, and is reported as vanished when it is off.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
ledger=$here/../../fixtures/gaps.json

# verdict_of RUN CASE
verdict_of() { jq -r --arg id "$2" '.results[] | select(.case == $id) | .verdict' "$scratch/$1/results.json"; }
# entries FILTER: "case quirk id" of the entries for the release of the filter
entries() { jq -r ".[] | select($1) | \"\(.cases[0]) \(.quirk) \(.id)\"" "$ledger"; }

# show NAME EXIT VERDICT LIST OPTION...: one run, in which each case of the list gets the verdict
show() {
    name=$1 code=$2 verdict=$3 list=$4
    shift 4
    # shellcheck disable=SC2046 # words are meant
    # Slower than usual: cases wait some minutes of the world for kubefed, a real process.
    exits "$code" "$BIN/confed" run --speed 200 --out "$scratch/$name" "$@" $(cut -d' ' -f1 "$list")
    while read -r case quirk id; do
        is "$case with $quirk in the run '$name'" "$(verdict_of "$name" "$case")" "$verdict"
        is "the entry of $case" "$(jq -r --arg id "$case" '.results[] | select(.case == $id) | .gap.id' "$scratch/$name/results.json")" "$id"
    done <"$list"
    red=$(jq -r '[.results[] | select(.verdict | . != "passed" and . != "known-gap" and . != "gap-vanished" and . != "unsupported") | .case] | join(" ")' "$scratch/$name/results.json")
    is "red cases in the run '$name'" "$red" ""
}

# quirks LIST off: the options that switch them
quirks() { sed "s/^[^ ]* \([^ ]*\) .*/--quirk \1=$2/" "$1"; }

is "entries that name no quirk" "$(jq -r '[.[] | select(.quirk | not) | .id] | join(" ")' "$ledger")" ""
for name in $(jq -r '.[].quirk' "$ledger"); do
    "$BIN/confed" profiles --json 1.6.2 | jq -e --arg q "$name" '.["1.6.2"][$q]' >"$scratch/out" ||
        fail "the ledger names a quirk that the profiles do not have: $name"
done

# The cases of each list do not get into each other's way: one run with, one without its quirks.
entries '(.versions | test("^>=1.[78]") | not) and (.registry | IN("G-01", "G-06", "G-12", "G-29") | not)' >"$scratch/most.list"
entries '.registry == "G-12"' >"$scratch/remainder.list"
entries '.registry == "G-29"' >"$scratch/leftovers.list"
entries '.registry == "G-06"' >"$scratch/old.list"
entries '.versions | startswith(">=1.7")' >"$scratch/later.list"
entries '.versions | startswith(">=1.8")' >"$scratch/last.list"
cat "$scratch/most.list" "$scratch/remainder.list" >"$scratch/all.list"

show known 0 known-gap "$scratch/all.list"
# shellcheck disable=SC2046 # words are meant
{
    show most-off 1 gap-vanished "$scratch/most.list" $(quirks "$scratch/most.list" off)
    show remainder-off 1 gap-vanished "$scratch/remainder.list" $(quirks "$scratch/remainder.list" off)
    show leftovers 0 known-gap "$scratch/leftovers.list" --offer loadbalancer
    show leftovers-off 1 gap-vanished "$scratch/leftovers.list" --offer loadbalancer $(quirks "$scratch/leftovers.list" off)
    show later 0 known-gap "$scratch/later.list" --profile 1.7.0
    show later-off 1 gap-vanished "$scratch/later.list" --profile 1.7.0 $(quirks "$scratch/later.list" off)
    show last 0 known-gap "$scratch/last.list" --profile 1.8.0
    show last-off 1 gap-vanished "$scratch/last.list" --profile 1.8.0 $(quirks "$scratch/last.list" off)
}

# A gap that was closed before these releases is not forgiven when it comes back.
read -r case quirk id <"$scratch/old.list"
exits 0 "$BIN/confed" run --out "$scratch/old-off" "$case" lifecycle.init
is "$case" "$(verdict_of old-off "$case")" passed
exits 1 "$BIN/confed" run --out "$scratch/old-on" --quirk "$quirk=on" "$case"
is "$case with $quirk" "$(verdict_of old-on "$case")" gap-expired
done_testing
