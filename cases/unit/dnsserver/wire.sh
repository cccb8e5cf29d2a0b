#!/bin/sh
# The DNS servers as dig and kdig see them: every row of wire.txt by UDP and by TCP, and what rows
# cannot say (flags, sizes, case). usage: wire.sh SERVE_DNS   Skipped (77) without dig or kdig.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
for tool in dig kdig; do
    command -v "$tool" >/dev/null 2>&1 || {
        echo "skipped: there is no $tool here"
        exit 77
    }
done
dir=$(mktemp -d "${TMPDIR:-/tmp}/confed-dns.XXXXXX")
"$1" "$here/cluster.json" "$dir/ports" &
server=$!
trap 'kill $server 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
i=0
until [ -s "$dir/ports" ]; do
    i=$((i + 1))
    if [ "$i" -ge 400 ] || ! kill -0 "$server"; then
        echo "FAILED: serve_dns does not come up" >&2
        exit 1
    fi
    sleep 0.05
done
failures=0
fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}
port() { sed -n "s/^$1 //p" "$dir/ports"; }

# ask FLAVOUR TOOL ARGUMENTS...
ask() {
    flavour=$1 tool=$2
    shift 2
    "$tool" @127.0.0.1 -p "$(port "$flavour")" +timeout=5 +retry=0 "$@" 2>&1
}

# compare FLAVOUR HOW TOOL ARGUMENTS...: one call of the tool asks every row of the flavour; each answer is
# "STATUS TYPE DATA; TYPE DATA" with the records sorted. Prints the rows that differ, and last how many there are.
compare() {
    flavour=$1 how=$2
    shift 2
    set -f # names may have an asterisk
    # shellcheck disable=SC2046
    ask "$flavour" "$@" $(cut -f 2,3 "$dir/rows.$flavour") >"$dir/answers"
    set +f
    awk -F '\t' -v how="$flavour, $how" '
        function sorted(text,    n, i, j, t, part) {
            n = split(text, part, "; ")
            for (i = 2; i <= n; i++)
                for (j = i; j > 1 && part[j] < part[j - 1]; j--) { t = part[j]; part[j] = part[j - 1]; part[j - 1] = t }
            for (t = i = 1; i <= n; i++) t = i == 1 ? part[1] : t "; " part[i]
            return n ? t : ""
        }
        NR == FNR { question[NR] = $1 " " how ": " $2 " " $3; status[NR] = $4; records[NR] = sorted($5); rows = NR; next }
        /status:/ { n++; sub(/.*status: /, ""); sub(/[,;].*/, ""); got[n] = $0 }
        /^;; ANSWER/ { inside = 1; next }
        /^$/ || /^;; [A-Z]/ { inside = 0 }
        inside && !/^;/ { sub(/^[^ \t]+[ \t]+[0-9]+[ \t]+[A-Z]+[ \t]+/, ""); gsub(/[ \t]+/, " "); answer[n] = answer[n] (answer[n] == "" ? "" : "; ") $0 }
        END {
            if (n != rows) print how ": " n " answers to " rows " questions"
            for (i = 1; i <= rows && i <= n; i++)
                if (got[i] != status[i] || sorted(answer[i]) != records[i])
                    print question[i] ": \"" got[i] " " sorted(answer[i]) "\", expected \"" status[i] " " records[i] "\""
        }' "$dir/rows.$flavour" "$dir/answers" >"$dir/differences"
    while read -r line; do fail "$line"; done <"$dir/differences"
}

rows=0
for flavour in kube addon fed zone; do
    awk -v flavour="$flavour" -v OFS='\t' '
        /^#/ || NF == 0 { next }
        { sub(/^!/, "", $2); name = $3; status = $5 }
        ("," $2 ",") ~ ("," flavour ",") {
            id = $1; type = $4
            $1 = $2 = $3 = $4 = $5 = ""
            records = $0
            gsub(/[ \t]+/, " ", records); sub(/^ /, "", records)
            sub(/@$/, "svc.cluster.local", name); gsub(/@\./, "svc.cluster.local.", records)
            print id, name, type, status, records
        }' "$here/wire.txt" >"$dir/rows.$flavour"
    compare "$flavour" "dig by UDP" dig
    compare "$flavour" "kdig by TCP" kdig +tcp
    rows=$((rows + $(wc -l <"$dir/rows.$flavour")))
done

# has WHAT TEXT FLAVOUR TOOL ARGUMENTS...: the tool prints it. hasnt: it does not.
has() {
    what=$1 text=$2
    shift 2
    ask "$@" >"$dir/out" || true
    grep -q -- "$text" "$dir/out" || fail "$what: no '$text' in: $(grep -v '^$' "$dir/out" | head -n 12)"
}
hasnt() {
    what=$1 text=$2
    shift 2
    ask "$@" >"$dir/out" || true
    ! grep -q -- "$text" "$dir/out" || fail "$what: there is '$text' in: $(grep -v '^$' "$dir/out" | head -n 12)"
}
f=fed.svc.juju-fed.com k=svc.cluster.local
for flavour in kube addon fed; do
    has "D07 priority and weight ($flavour)" "SRV" "$flavour" dig _http._tcp.beacon.default.$k SRV
    has "D29 the TTL is positive ($flavour)" "beacon.default.$k\.[[:space:]]*[1-9]" "$flavour" dig beacon.default.$k A
    has "D01 the case stays ($flavour)" "^bEaCoN.default.$k" "$flavour" dig bEaCoN.default.$k A
    has "a long answer is marked ($flavour)" "flags:.* tc" "$flavour" dig +noedns +ignore many.data.$k A
    has "a long answer comes by TCP ($flavour)" "ANSWER: 100" "$flavour" dig +noedns many.data.$k A
    has "a negative answer has the SOA ($flavour)" "^cluster.local.*SOA" "$flavour" dig nope.default.$k A
    has "another opcode ($flavour)" "status: NOTIMP" "$flavour" dig +opcode=status beacon.default.$k A
    has "an update ($flavour)" "status: NOTIMP" "$flavour" dig +opcode=update beacon.default.$k A
done
has "D08 additional addresses" "^beacon.default.*10.152.183.21" kube dig _http._tcp.beacon.default.$k SRV
has "D21 additional addresses" "^db-0.db.data.*10.1.1.7" kube dig _sql._tcp.db.data.$k SRV
has "a class that is unknown (kube)" "status: NOTIMP" kube dig -c HS beacon.default.$k A
has "the version (kube)" "dnsmasq" kube dig version.bind CH TXT

has "an answer is authoritative" "flags: qr aa rd" zone dig both.default.$f A
has "NXDOMAIN has the SOA" "^juju-fed.com.*SOA" zone dig nope.juju-fed.com A
has "NODATA has the SOA" "^juju-fed.com.*SOA" zone dig both.default.$f MX
has "the SOA at the apex" "^juju-fed.com.*SOA.*ns.dns.juju-fed.com" zone dig juju-fed.com SOA
has "RD is copied" "flags: qr aa;\|flags: qr aa ra;" zone dig +norecurse both.default.$f A
has "0x20 is kept" "^BoTh.DeFaUlT.$f" zone dig BoTh.DeFaUlT.$f A
has "EDNS is answered with EDNS" "EDNS: version: 0" zone dig both.default.$f A
hasnt "without EDNS there is none" "EDNS" zone dig +noedns both.default.$f A
has "EDNS version 1" "status: BADVERS" zone dig +edns=1 +noednsnegotiation both.default.$f A
has "DO is copied" "flags: do" zone dig +dnssec both.default.$f A
has "512 bytes do not hold it" "flags:.* tc" zone dig +noedns +ignore many.juju-fed.com A
has "nor do 600" "flags:.* tc" zone dig +bufsize=600 +ignore many.juju-fed.com A
has "1232 bytes hold it" "ANSWER: 60" zone dig +bufsize=1232 +ignore many.juju-fed.com A
hasnt "1232 bytes need no mark" "flags:.* tc" zone dig +bufsize=1232 +ignore many.juju-fed.com A
has "cut by UDP, whole by TCP" "ANSWER: 60" zone dig +noedns many.juju-fed.com A
has "kdig asks again by TCP too" "ANSWER: 60" zone kdig +noedns many.juju-fed.com A
has "several questions on one connection" "203.0.113" zone dig +tcp +keepopen both.default.$f A away.default.$f A
has "another class" "status: REFUSED" zone dig -c HS both.default.$f A
has "another opcode" "status: NOTIMP" zone dig +opcode=notify both.default.$f A
size=$(ask zone dig +noedns +ignore many.juju-fed.com A | sed -n 's/.*MSG SIZE  rcvd: //p')
[ "${size:-999}" -le 512 ] || fail "an answer of $size bytes to a client that takes 512"

# Round robin: each of the two addresses is the first in its turn.
first() { ask zone dig +short both.default.$f A | head -n 1; }
a=$(first) b=$(first) c=$(first)
if [ "$a" = "$b" ] || [ "$a" != "$c" ]; then fail "round robin: $a, $b, $c"; fi

echo "$rows rows, each by UDP and TCP"
[ "$failures" = 0 ]
