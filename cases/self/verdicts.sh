#!/bin/sh
# Each kind of case gets the verdict it deserves, and so do the reports.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"

run=$scratch/run
code=0
self_run "$run" || code=$?
is "exit code of a run with red cases" "$code" 1

while read -r id verdict; do
    is "$id" "$(result "$run" "self.$id" .verdict)" "$verdict"
done <<END
pass passed
fail failed
hang error
never failed
crash failed
missing-tool error
blocked blocked
unsupported unsupported
gap-known known-gap
gap-changed gap-changed
gap-vanished gap-vanished
gap-expired gap-expired
gap-elsewhere gap-expired
secret failed
near-passed failed
near-failed passed
near-error failed
near-known-gap error
near-gap-vanished passed
near-unsupported passed
near-blocked passed
END
# The other near misses are among the first: hang is an error and never, which got an answer, is not; gap-changed differs
# from gap-known by one word of its evidence; fail has no entry, so it changed no gap; gap-elsewhere fails outside of its
# releases. The last day before a review is over is in the unit tests, where the clock stands still.

# The JUnit file is well-formed, counts right, and shows the gap as skipped.
xmllint --noout "$run/junit.xml" || fail "junit.xml is not well-formed"
x() { xmllint --xpath "$1" "$run/junit.xml" 2>/dev/null; }
is "failures counted" "$(x 'string(//testsuite/@failures)')" "$(x 'count(//failure)')"
is "errors counted" "$(x 'string(//testsuite/@errors)')" "$(x 'count(//error)')"
is "errors" "$(x 'count(//error)')" 3
is "known gap" "$(x 'string(//testcase[starts-with(@name,"gap-known")]/skipped/@type)')" known-gap
is "gap vanished" "$(x 'string(//testcase[starts-with(@name,"gap-vanished")]/failure/@type)')" GapVanished
is "gap changed" "$(x 'string(//testcase[starts-with(@name,"gap-changed")]/failure/@type)')" GapSignatureMismatch
is "gap expired" "$(x 'string(//testcase[starts-with(@name,"gap-expired")]/failure/@type)')" GapExpired

# A wait that failed says what it waited for and what it saw last.
has "what was waited for" "$run/junit.xml" 'not yet'
has "the live lines" "$scratch/out" self.pass

# Evidence is there of what failed, and of gaps that are not the known ones: not of these, nor of what passed.
for id in fail hang gap-changed gap-expired; do
    [ -s "$run/evidence/self.$id/manifest.json" ] || fail "there is no evidence of $id"
done
for id in gap-known gap-vanished pass blocked unsupported; do
    [ ! -e "$run/evidence/self.$id" ] || fail "there is evidence of $id, which did not go wrong"
done
exits 1 "$BIN/confed" run --cases "$here/cases" --ledger "$here/gaps.json" --evidence 0s --out "$scratch/none" self.fail
[ ! -e "$scratch/none/evidence" ] || fail "evidence was collected although it was not wanted"
exits 2 "$BIN/confed" run --evidence soon

# No secret is anywhere in the run's folder.
if grep -rq s3cr3t-t0ken "$run" --include='*' --exclude=run.json; then
    fail "a secret reached $(grep -rl s3cr3t-t0ken "$run" | head -n 1)"
fi

# Judging and reporting again give the same.
cp "$run/results.json" "$scratch/before.json"
exits 1 "$BIN/confed" judge "$run" --ledger "$here/gaps.json"
cmp -s "$run/results.json" "$scratch/before.json" || fail "judging again gave other results"
exits 0 "$BIN/confed" report "$run"

# One passing case alone is green, and so is one known gap.
self_run "$scratch/green" self.pass self.gap-known || fail "a run of passing cases is not green"
done_testing
