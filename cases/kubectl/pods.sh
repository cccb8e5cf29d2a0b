#!/bin/sh
# Pods at work: run, exec, cp, logs, attach, port-forward, top.
. "$(dirname "$0")/lib.sh"
serve
cat >box.yaml <<'END'
apiVersion: v1
kind: Pod
metadata: {name: box, labels: {app: box}}
spec:
  containers:
  - {name: box, image: busybox, command: [sleep, "100000"]}
  - {name: talker, image: busybox, command: [sh, -c, "echo one; echo two; echo three; sleep 100000"]}
END
k create -f box.yaml >/dev/null
row "run" 0 'k run web --image=nginx --port=80 --labels=app=web' '=pod/web created'
row "run again" 1 'k run web --image=nginx' 'err:\(AlreadyExists\): pods "web" already exists'
row "wait for it" 0 'k wait --for=condition=Ready pod/web pod/box --timeout=15s' 'pod/web condition met' 'pod/box condition met'
row "run, dry" 0 'k run dry --image=nginx --dry-run=client -o jsonpath={.spec.containers[0].image}' '=nginx'
row "run with what it prints" 0 'k run say --image=busybox --restart=Never -i --rm -- echo hello' 'hello' 'pod "say" deleted'
row "run with standard input" 0 'echo into | k run cat --image=busybox --restart=Never -i --rm -- cat' 'into'
row "run with an exit code" 3 'k run three --image=busybox --restart=Never -i --rm -- sh -c "exit 3"' 'rm|deleted|three'

row "exec" 0 'k exec box -c box -- echo hello there' '=hello there'
row "exec in the first container" 0 'k exec box -- hostname' 'out:^box$' 'err:Default(ed|ing) .*container'
row "exec with standard input" 0 'printf "a line\n" | k exec -i box -c box -- cat' '=a line'
row "exec with much standard input" 0 'head -c 300000 /dev/zero | k exec -i box -c box -- wc -c' '^ *300000'
row "exec with an exit code" 7 'k exec box -c box -- sh -c "exit 7"' 'err:command terminated with exit code 7'
row "exec that writes errors" 0 'k exec box -c box -- sh -c "echo oops >&2"' 'err:^oops$' '!out:oops'
row "exec of no such command" 126 'k exec box -c box -- nosuch' '"nosuch\\": executable file not found in \$PATH' 'err:command terminated with exit code 126'
row "exec in no such container" 1 'k exec box -c nosuch -- true' 'err:container nosuch is not valid for pod box|container not found.*nosuch'
row "exec in no such pod" 1 'k exec nosuch -- true' 'err:^Error from server \(NotFound\): pods "nosuch" not found$'
row "exec in a deployment's pod" 0 'k create deployment dep --image=busybox -- sleep 10000 >/dev/null 2>&1 || k create deployment dep --image=nginx >/dev/null; k rollout status deploy/dep --timeout=15s >/dev/null; k exec deploy/dep -- hostname' '^dep-'
# kubectl's WebSocket client throws away what arrives before it has opened its streams, from a real server too
# (client-go tools/remotecommand/websocket.go): on a busy machine it may take a second try.
comes "a terminal that is none" 'k exec -it box -c box -- echo tty' 'err:Unable to use a TTY' 'tty'

printf 'the content\n' >here.txt
row "cp to a pod" 0 'k cp here.txt box:/tmp/there.txt -c box'
row "cp to a pod, seen" 0 'k exec box -c box -- cat /tmp/there.txt' '=the content'
row "cp from a pod" 0 'k cp box:/tmp/there.txt back.txt -c box && cmp here.txt back.txt'
mkdir -p tree/deep
echo 1 >tree/a && echo 2 >tree/deep/b
row "cp of a folder" 0 'k cp tree box:/tmp/tree -c box && k exec box -c box -- cat /tmp/tree/deep/b' '2'
row "cp of a folder back" 0 'k cp box:/tmp/tree tree2 -c box && diff -r tree tree2'
# kubectl may end before it has shown what the remote tar says on its standard error.
comes "cp of what is not there" 'k cp box:/tmp/nosuch x -c box; test ! -e x' '^tar: .*/?tmp/nosuch: No such file or directory$'

row "logs" 0 'k logs box -c talker' '=one
two
three'
row "logs without saying of which container" 0 'k logs box; true' 'a container name must be specified for pod box, choose one of: \[box talker\]|Defaulted container "box"'
row "the last lines" 0 'k logs box -c talker --tail=1' '=three'
row "with times" 0 'k logs box -c talker --timestamps --tail=1' '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z three$'
row "logs of all containers" 0 'k logs box --all-containers' '^two$'
row "logs by label" 0 'k logs -l app=box -c talker --tail=2' '=two
three'
row "logs of the one before" 1 'k logs box -c talker --previous' 'err:previous terminated container "talker" in pod "box" not found'
row "logs of no such container" 1 'k logs box -c nosuch' 'err:container nosuch is not valid for pod box|container nosuch not found'
row "logs since a time to come" 0 'k logs box -c talker --since-time=2099-01-01T00:00:00Z' '='
row "logs since a time long ago" 0 'k logs box -c talker --since-time=2001-01-01T00:00:00Z --tail=1' '=three'
row "logs, first bytes" 0 'k logs box -c talker --limit-bytes=5' 'one'
k run count --image=busybox --restart=Never -- sh -c 'for i in 1 2 3 4 5; do echo line $i; sleep 2; done' >/dev/null
comes "a log that grows" 'k logs count' '^line 1$'
row "logs, followed to the end" 0 'k logs -f count' '^line 1$' '^line 5$'
comes "a pod that is done" 'k get pod count' '^count +0/1 +Completed +0 '

cat >echo.yaml <<'END'
apiVersion: v1
kind: Pod
metadata: {name: echo}
spec: {restartPolicy: Never, containers: [{name: echo, image: busybox, command: [cat], stdin: true, stdinOnce: true}]}
END
k create -f echo.yaml >/dev/null && k wait --for=condition=Ready pod/echo --timeout=10s >/dev/null
row "attach" 0 'echo through | k attach -i echo' 'through'
row "attach to what is not there" 1 'k attach nosuch' 'err:pods "nosuch" not found'

forward() { # WHAT: forwards a port of it; sets port
    k port-forward "$@" >forward.out 2>&1 &
    forwarder=$!
    helpers="$helpers $forwarder"
    tries=0
    port=
    while [ -z "$port" ] && [ "$tries" -lt 100 ]; do
        sleep 0.05
        tries=$((tries + 1))
        port=$(sed -n 's/^Forwarding from 127\.0\.0\.1:\([0-9]*\) -> .*/\1/p' forward.out)
    done
}
forward pod/web :80
row "port-forward says where" 0 'cat forward.out' '^Forwarding from 127\.0\.0\.1:[0-9]+ -> 80$'
row "port-forward" 0 "wget -qO- http://127.0.0.1:$port/" 'Welcome to nginx'
row "port-forward, again on the same" 0 "wget -qO- http://127.0.0.1:$port/" 'Welcome to nginx'
k expose pod web --port=8080 --target-port=80 >/dev/null
forward service/web :8080
row "port-forward to a service" 0 "wget -qO- http://127.0.0.1:$port/" 'Welcome to nginx'
forward pod/web :81
row "port-forward to a port that nobody listens on" 4 "wget -t 1 -T 5 -qO- http://127.0.0.1:\${port:-none}/"
comes "port-forward says so" 'cat forward.out' 'an error occurred forwarding [0-9]+ -> 81: error forwarding port 81 to pod .*: Connection refused'

row "top of nodes" 1 'k top nodes' 'err:error: Metrics API not available'
row "top of pods" 1 'k top pods' 'err:error: Metrics API not available'
done_testing
