#!/bin/sh
# The report's page in a real browser: search, filters, keyboard, contrast in light and dark, a narrow window, no request, no error.
# shellcheck source=cases/self/lib.sh
. "$(dirname "$0")/lib.sh"

chromium=$(command -v chromium || command -v chromium-browser) || {
    echo "SKIPPED: no chromium is installed (ci/install-deps installs it)"
    exit 77
}
sample=$here/../unit/reports
page=$scratch/report.html
exits 0 "$BIN/confed" report --format html --history "$sample/history.json" --output "$page" "$sample/every_verdict.json"

# browse NAME OPTION...: opens $scratch/NAME.html, prints the page as the scripts left it
browse() {
    name=$1
    shift
    HOME=$scratch timeout 60 "$chromium" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
        --disable-background-networking --disable-component-update --no-first-run \
        --user-data-dir="$scratch/profile" --virtual-time-budget=5000 "$@" "file://$scratch/$name.html" 2>"$scratch/chromium.log"
}

# drive NAME PAGE KIND DARK OPTION...: with the checks of page.js and page_KIND.js behind the page's own script
drive() {
    name=$1 page=$2 kind=$3 dark=$4
    shift 4
    cat "$here/page.js" "$here/page_$kind.js" >"$scratch/checks.js"
    watch="<script>window.pageDark=$dark;window.pageErrors=[];window.alert=function(){window.alerted=true};\
addEventListener('error',function(e){pageErrors.push(e.message)});\
addEventListener('securitypolicyviolation',function(e){pageErrors.push('asked for '+e.blockedURI)})</script>"
    awk -v watch="$watch" -v checks="$scratch/checks.js" '
        /<meta charset/ { print; print watch; next }
        /^<\/body>/ { print "<script>"; while ((getline line < checks) > 0) print line; print "</script>" }
        { print }' "$page" >"$scratch/$name.html"
    browse "$name" --dump-dom "$@" >"$scratch/$name.dom" ||
        fail "$name: chromium ended with $?: $(tail -n 3 "$scratch/chromium.log")"
    has "$name: the checks ran" "$scratch/$name.dom" "end of checks"
    grep '^not ok' "$scratch/$name.dom" >"$scratch/bad" && fail "$name: $(cat "$scratch/bad")"
    grep -q '^ok no error' "$scratch/$name.dom" || fail "$name: the checks did not end"
}

drive light "$page" report false --window-size=1280,900
drive dark "$page" report true --window-size=1280,900 --blink-settings=preferredColorScheme=0
drive narrow "$page" report false --window-size=390,844

# So is the page of an upgrade, which has all that the one of a comparison has: a case regressed, one is missing, fixed, slower.
versus=$scratch/versus.html
jq '.kubernetes = "1.7.0" | .state = "killed" | del(.results[0])
    | (.results[] | select(.case == "lifecycle.deploy-c1")) |= (.verdict = "failed" | .message = "<script>alert(1)</script>")
    | (.results[] | select(.case == "lifecycle.init")).elapsed_ms += 9000 | (.results[] | select(.case == "lifecycle.service")).verdict = "passed"
    | (.results[] | select(.case == "lifecycle.dns")).verdict = "gap-changed"' "$sample/every_verdict.json" >"$scratch/next.json"
exits 1 "$BIN/confed" upgrade-check --format html "$sample/every_verdict.json" "$scratch/next.json"
cp "$scratch/out" "$versus"
drive wide "$versus" upgrade true --window-size=1280,900 --blink-settings=preferredColorScheme=0
drive slim "$versus" upgrade false --window-size=390,844

# It can be shown and printed.
cp "$page" "$scratch/plain.html"
browse plain --window-size=1280,2000 --screenshot="$scratch/page.png" >/dev/null
[ "$(wc -c <"$scratch/page.png")" -gt 20000 ] || fail "the screenshot is empty"
browse plain --no-pdf-header-footer --print-to-pdf="$scratch/page.pdf" >/dev/null
[ "$(wc -c <"$scratch/page.pdf")" -gt 20000 ] || fail "the printed page is empty"

# The page of a real run has what its commands printed, and stays small.
code=0
self_run "$scratch/run" || code=$?
is "exit code of a run with red cases" "$code" 1
[ "$(wc -c <"$scratch/run/report.html")" -lt 1000000 ] || fail "the page has $(wc -c <"$scratch/run/report.html") bytes"
has "what a command printed" "$scratch/run/report.html" '.stdout <span class="muted">'
done_testing
