#!/bin/sh
# Plays a recorded exchange (fixtures/exchanges) to live servers, with curl: a client that shares no code
# with ours. Stops at the first answer that is not what the recorded client could go on with.
# usage: replay.sh FILE DIR
#   DIR/values.json     what the steps call ${NAME}; what a step keeps is added
#   DIR/SERVER/         url, ca.crt, and client.crt with client.key, or token, or connect-to
#   DIR/watches/        what each watch has said so far; the pids of their clients are in DIR/pids
# REPLAY_SECONDS: how long a step is repeated before the replay gives up (default 60).
set -eu
file=$1 dir=$2
values=$dir/values.json answer=$dir/answer number=0
mkdir -p "$dir/watches"

stop() {
    echo "$file:$number: $method $server $target: $*" >&2
    exit 1
}

# fill: the step with its values in it: server, target, and the body on a second line; nothing when it is skipped
fill() {
    printf '%s\n' "$line" | jq -r --slurpfile values "$values" '
        $values[0] as $k
        | def value($n): if $k | has($n) then $k[$n] | tostring else error("nothing was kept as " + $n) end;
        def fill: walk(if type == "string" then gsub("\\$\\{(?<n>[a-z_]+)\\}"; value(.n)) else . end);
        select($k | '"$when"') | (has("body") or has("edit")) as $has_body
        | "\(.server // "-" | fill)\t\(.path // "-" | fill)\(if .query then "?" + (.query | fill) else "" end)",
          (if $has_body then .body | fill | '"$edit"' | tojson else empty end)' >"$dir/step"
}

# The options of curl for the server.
connect() {
    at=$dir/$server
    # kubefed knows the address of a control plane only when it has made its service.
    repeat test -s "$at/url" || stop "no such server"
    set -- --cacert "$at/ca.crt"
    [ ! -f "$at/client.crt" ] || set -- "$@" --cert "$at/client.crt" --key "$at/client.key"
    [ ! -f "$at/token" ] || set -- "$@" -H "Authorization: Bearer $(cat "$at/token")"
    [ ! -f "$at/connect-to" ] || set -- "$@" --connect-to "$(cat "$at/connect-to")"
    # A watch starts while the next step is read: its options are its own.
    options=$dir/options.$(basename "$file").$number
    printf '%s\n' "$@" >"$options"
    url=$(cat "$at/url")$target
}

# call CURL-OPTION...: one request with the connection's options
call() {
    while IFS= read -r option; do set -- "$@" "$option"; done <"$options"
    curl --silent --show-error --noproxy '*' -H 'Accept: application/json, */*' \
        -H 'User-Agent: kubefed/v1.10.0 (linux/amd64) kubernetes/0000000' "$@" "$url"
}

# judge: 0 when the client can go on with the answer; keeps what the step keeps
judge() {
    # What a typed client checks of an object that it made, and what it needs to go on.
    jq -c --slurpfile values "$values" --slurpfile sent "$dir/body" --arg method "$method" '
        $values[0] as $k | $sent[0] as $s
        | def made: .kind == $s.kind and .apiVersion == $s.apiVersion and (($s.metadata.name // .metadata.name) == .metadata.name)
            and (.metadata | has("uid") and has("resourceVersion") and has("creationTimestamp"))
            and .metadata.labels == $s.metadata.labels and .metadata.annotations == $s.metadata.annotations;
        if ('"$until"' | not) then "not what is waited for"
        elif $method == "POST" and .kind != "Status" and (made | not) then "the object made is not the object sent"
        elif ('"$expect"' | not) then "not what the client needs"
        else $k + {'"$keep"'} end' "$answer" >"$dir/verdict" 2>&1 || {
        why="not to be understood: $(head -c 200 "$dir/verdict")"
        return 1
    }
    case $(head -c 1 "$dir/verdict") in
    "{") mv "$dir/verdict" "$values" ;;
    *)
        why="$(cat "$dir/verdict"): $(head -c 600 "$answer")"
        return 1
        ;;
    esac
}

# once: one try of the step; says why not, if so
once() {
    set -- --max-time 20 --output "$answer" --write-out '%{http_code}' --request "$method"
    [ ! -s "$dir/body" ] || set -- "$@" -H 'Content-Type: application/json' --data-binary "@$dir/body"
    code=$(call "$@" 2>"$dir/error") || {
        why="cannot be reached: $(cat "$dir/error")"
        return 1
    }
    case " $status " in
    *" $code "*) ;;
    *)
        why="HTTP status $code, expected $status: $(head -c 400 "$answer")"
        return 1
        ;;
    esac
    if [ "$text" != - ]; then
        why="answered '$(head -c 40 "$answer")', expected '$text'"
        [ "$(tr '[:upper:]' '[:lower:]' <"$answer")" = "$text" ]
        return
    fi
    judge
}

# follow: a watch that goes on where it ended, as that of a real client, until DIR/over is there
follow() {
    said=$dir/watches/$watch
    : >"$said"
    while [ ! -e "$dir/over" ]; do
        call --no-buffer --max-time 30 >>"$said" 2>/dev/null || sleep 0.2
        last=$(tail -n 1 "$said" | jq -r '.object.metadata.resourceVersion // empty' 2>/dev/null || true)
        [ -z "$last" ] || url=$(printf %s "$url" | sed "s/resourceVersion=[0-9]*/resourceVersion=$last/")
    done
}

# The first event of the watch that the step waits for.
seen() {
    why="the watch $watch told: $(tail -c 400 "$dir/watches/$watch")"
    # A last line may be there in part only.
    grep '}$' "$dir/watches/$watch" | jq -c --slurpfile values "$values" '$values[0] as $k | select('"$until"')' 2>/dev/null | head -n 1 >"$answer"
    [ -s "$answer" ] && until=true judge
}

# repeat COMMAND...: until it is true or time is up
repeat() {
    began=$(date +%s)
    until "$@"; do
        [ $(($(date +%s) - began)) -lt "${REPLAY_SECONDS:-60}" ] || return 1
        sleep 0.05
    done
}

jq -r '[.method // "-", ([.status // "-"] | flatten | join(" ")), .text // "-", .watch // "-", .until // "true", .expect // "true",
    .when // "true", .edit // ".", (.keep // {} | to_entries | map("\(.key): (\(.value))") | join(", "))] | @tsv' "$file" >"$dir/programs"
exec 3<"$file" 4<"$dir/programs"
while IFS= read -r line <&3; do
    IFS='	' read -r method status text watch until expect when edit keep <&4
    number=$((number + 1)) server="" target=""
    fill || stop "a value is missing: $line"
    [ -s "$dir/step" ] || continue
    IFS='	' read -r server target <"$dir/step"
    tail -n +2 "$dir/step" >"$dir/body"
    if [ "$target" = - ]; then
        repeat seen || stop "$why"
        continue
    fi
    connect
    if [ "$watch" != - ]; then
        follow &
        echo $! >>"$dir/pids"
    elif [ "$until$text" != true- ]; then
        repeat once || stop "$why"
    else
        once || stop "$why"
    fi
done
