#!/bin/sh
# confed compare: go and no-go from run folders, results, JUnit files and several runs of each.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"
confed=$BIN/confed

self_run "$scratch/a" self.pass self.gap-known || fail "the base is not green"
results=$scratch/a/results.json

# changed FILE JQ: the base's results, changed
changed() { jq "$2" "$results" >"$scratch/$1"; }

exits 0 "$confed" compare "$scratch/a" "$results"
has "nothing differs" "$scratch/out" "GO"
has "two are the same" "$scratch/out" "2 same"

changed red.json '(.results[] | select(.case == "self.pass")) |= (.verdict = "failed" | .message = "it broke")'
exits 1 "$confed" compare "$scratch/a" "$scratch/red.json" --out "$scratch/cmp"
has "the answer" "$scratch/out" "NO-GO"
has "the reason" "$scratch/out" "regressed: self.pass: passed before, failed now: it broke"
is "the answer as JSON" "$(jq -r '.verdict + " " + .reasons[0]' "$scratch/cmp/compare.json")" \
    "no-go regressed: self.pass: passed before, failed now: it broke"
has "as markdown" "$scratch/cmp/compare.md" "## NO-GO"
is "failures as JUnit" "$(xmllint --xpath 'string(/testsuites/@failures)' "$scratch/cmp/compare.xml")" \
    "$(xmllint --xpath 'count(//failure)' "$scratch/cmp/compare.xml")"
exits 0 "$confed" compare "$scratch/red.json" "$scratch/a"
has "the other way round" "$scratch/out" "fixed"

changed fewer.json '.results |= map(select(.case != "self.pass"))'
exits 1 "$confed" compare "$scratch/a" "$scratch/fewer.json"
has "what is missing" "$scratch/out" "missing: self.pass"

# Our own JUnit file says the same as the results that it was made from.
exits 0 "$confed" compare --all "$scratch/a/junit.xml" "$scratch/a"
has "the same ids" "$scratch/out" "2 same"

# Several runs: no evidence, and then evidence.
mkdir "$scratch/many"
for n in 1 2 3; do
    mkdir "$scratch/many/$n"
    cp "$results" "$scratch/many/$n/results.json"
done
exits 0 "$confed" compare "$scratch/many" "$scratch/a" --candidate "$scratch/a" --candidate "$scratch/red.json"
has "how many runs would tell" "$scratch/out" "3/3 against 2/3 is no evidence (p = 0.25); run 5 more of each"
exits 1 "$confed" compare --strict "$scratch/many" "$scratch/a" --candidate "$scratch/a" --candidate "$scratch/red.json"
exits 1 "$confed" compare "$scratch/many" "$scratch/red.json" --candidate "$scratch/red.json" --candidate "$scratch/red.json"

# Bad input is one line that names the file, and never half an answer.
changed newer.json '.version = 99'
changed double.json '.results += [.results[0]]'
changed verdict.json '.results[0].verdict = "splendid"'
echo '{' >"$scratch/cut.json"
echo '<testsuite><testcase' >"$scratch/cut.xml"
: >"$scratch/empty.json"
for row in "newer.json:is of version 99" "double.json:is there twice" 'verdict.json:"splendid" is no verdict' \
    "cut.json:" "cut.xml:" "empty.json:" "nowhere.json:cannot open"; do
    exits 3 "$confed" compare "$scratch/a" "$scratch/${row%%:*}"
    is "lines about ${row%%:*}" "$(wc -l <"$scratch/out")" 1
    has "the file is named" "$scratch/out" "${row%%:*}"
    has "what is wrong with ${row%%:*}" "$scratch/out" "${row#*:}"
done
exits 2 "$confed" compare "$scratch/a"
done_testing
