#!/bin/sh
# confed history: runs are added by the run itself or afterwards, and what they say together is shown.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
confed=$BIN/confed
db=$scratch/history.db

exits 3 "$confed" history --file "$db"
has "no history yet" "$scratch/out" "there is no history yet"
exits 0 "$confed" run --cases "$here/cases" --ledger "$here/gaps.json" --floor 1s --out "$scratch/a" --history "$db" self.pass self.gap-known
exits 0 "$confed" history add --file "$db" "$scratch/a"
has "the run is there already" "$scratch/out" "0 added, 1 were there already"
for n in 1 2; do
    jq --arg n "$n" '.run += "-" + $n | .started |= sub("^20"; "2" + $n) |
        (.results[] | select(.case == "self.pass")) |= (if $n == "1" then .verdict = "failed" else . end)' \
        "$scratch/a/results.json" >"$scratch/$n.json"
done
exits 0 "$confed" history add --file "$db" "$scratch/1.json" "$scratch/2.json"
exits 0 "$confed" history --file "$db"
has "a flake" "$scratch/out" ".F.  100 % flaky"
has "a gap" "$scratch/out" "SELF-1  still-there"
has "how many" "$scratch/out" "3 runs, 0 of them red"
exits 0 "$confed" history --file "$db" --json --cases 'self.p*'
is "as JSON" "$(jq -c '[.cases[].case, .cases[].flips, (.runs | length)]' "$scratch/out")" '["self.pass",2,3]'
exits 0 "$confed" history --file "$db" add "$scratch/a/junit.xml"
has "our own JUnit file is the same run" "$scratch/out" "0 added, 1 were there already"

echo "a text" >"$scratch/text"
exits 3 "$confed" history --file "$scratch/text" add "$scratch/a"
has "another kind of file" "$scratch/out" "text is no history of confed"
is "the text is left alone" "$(cat "$scratch/text")" "a text"
exits 2 "$confed" history remove
exits 2 "$confed" history add

# A full disk (here: a limit to the size of files): the old history and the old reports stay, and the file is named.
cp "$db" "$scratch/before.db"
jq '.run += "-big" | .results |= [range(4000) as $i | .[0] | .case = "self.c\($i)"]' "$scratch/a/results.json" >"$scratch/big.json"
code=0
(
    trap '' XFSZ
    ulimit -f 100
    "$confed" history add --file "$db" "$scratch/big.json"
) >"$scratch/out" 2>&1 || code=$?
is "exit code on a full disk" "$code" 3
has "the file that is full" "$scratch/out" "$db"
exits 0 "$confed" history --file "$db"
has "the old history" "$scratch/out" "3 runs, 0 of them red"
cp -r "$scratch/a" "$scratch/full"
cp "$scratch/big.json" "$scratch/full/results.json"
cp "$scratch/full/junit.xml" "$scratch/before.xml"
code=0
(
    trap '' XFSZ
    ulimit -f 100
    "$confed" report "$scratch/full"
) >"$scratch/out" 2>&1 || code=$?
is "exit code of report on a full disk" "$code" 3
has "the report that is full" "$scratch/out" "cannot write $scratch/full/junit.xml"
cmp -s "$scratch/full/junit.xml" "$scratch/before.xml" || fail "the old report is gone"
is "leftovers" "$(find "$scratch/full" -name '*.xml.*' | wc -l)" 0
done_testing
