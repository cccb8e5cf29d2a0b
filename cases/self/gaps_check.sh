#!/bin/sh
# confed gaps: the entries with their state in the last runs; check finds what nobody needs or has looked at.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
confed=$BIN/confed
self="--cases $here/cases --ledger $here/gaps.json"

self_run "$scratch/runs/1" || true
# shellcheck disable=SC2086 # words are meant
{
    exits 0 "$confed" gaps $self --runs "$scratch/runs"
    for row in "still-there SELF-1" "changed SELF-2" "vanished SELF-3" "expired SELF-4" "expired SELF-5" "passes SELF-6" \
        "not judged SELF-7"; do
        grep -q "^${row% *}  *${row##* }:" "$scratch/out" || fail "the state '$row': $(grep -F "${row##* }:" "$scratch/out")"
    done

    exits 1 "$confed" gaps check $self --runs "$scratch/runs"
    has "past its review" "$scratch/out" "SELF-4: its review was due by 2017-06-30"
    has "never matched" "$scratch/out" "SELF-2: its signature has never matched, in 1 runs"
    ! grep -q "SELF-1:" "$scratch/out" || fail "a sound entry is complained about: $(cat "$scratch/out")"
    grep -q "^$here/gaps.json:[0-9]*: note: SELF-6: no run" "$scratch/out" || fail "no note, with its line, about an entry of other releases"

    # An entry alone: nothing to look at; without its case, never run, and with a history.
    jq '[.[] | select(.id == "SELF-1")]' "$here/gaps.json" >"$scratch/one.json"
    self="--cases $here/cases --ledger $scratch/one.json"
    exits 0 "$confed" gaps check $self "$scratch/runs/1"
    has "nothing to look at" "$scratch/out" "1 entries beside 1 runs: 0 to look at"
    exits 0 "$confed" gaps check $self --runs "$scratch/nowhere"
    exits 1 "$confed" gaps check --strict $self --runs "$scratch/nowhere"
    exits 0 "$confed" history add --file "$scratch/h.db" "$scratch/runs/1"
    exits 0 "$confed" gaps check --strict $self --runs "$scratch/nowhere" --history "$scratch/h.db"
    jq '.[0].cases = ["self.nothing"]' "$scratch/one.json" >"$scratch/none.json"
    exits 1 "$confed" gaps check --cases "$here/cases" --ledger "$scratch/none.json" "$scratch/runs/1"
    has "no case" "$scratch/out" "SELF-1: self.nothing is no case"
    has "no case uses it" "$scratch/out" "SELF-1: no case uses it"
    exits 0 "$confed" gaps --json $self "$scratch/runs/1"
    is "as JSON" "$(jq -c '[.[0].gap, .[0].state, .[0].matched]' "$scratch/out")" '["SELF-1","still-there",1]'
    exits 3 "$confed" gaps $self "$scratch/nowhere"
}

# Ours, beside no run at all: every entry has its case, and none is past its review.
exits 0 "$confed" gaps check --runs "$scratch/nowhere"
done_testing
