#!/bin/sh
# apply and diff: first, again, with a change, with a removed field, several objects, and what is not there.
. "$(dirname "$0")/lib.sh"
serve

cat >web.yaml <<'END'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web, team: red}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1.12
        env: [{name: A, value: "1"}, {name: B, value: "2"}]
        ports: [{containerPort: 80}]
END
row "first" 0 'k apply -f web.yaml' '=deployment.apps/web created'
row "again" 0 'k apply -f web.yaml' '=deployment.apps/web unchanged'
row "it remembers what was applied" 0 'k apply view-last-applied deployment/web' '^ +image: nginx:1\.12$'
row "no difference" 0 'k diff -f web.yaml' '='
sed 's/replicas: 2/replicas: 3/; s/1\.12/1.13/' web.yaml >more.yaml
row "a difference" 1 'k diff -f more.yaml' '^-  replicas: 2$' '^\+  replicas: 3$' '^\+ .*image: nginx:1\.13$'
row "a change" 0 'k apply -f more.yaml' '=deployment.apps/web configured'
row "the change, seen" 0 'k get deploy web -o "jsonpath={.spec.replicas} {.spec.template.spec.containers[0].image}"' '=3 nginx:1.13'
row "the generation rose" 0 'k get deploy web -o jsonpath={.metadata.generation}' '=2'
sed 's/, team: red//; s/, {name: B, value: "2"}//' more.yaml >less.yaml
row "a removed field" 0 'k apply -f less.yaml' '=deployment.apps/web configured'
row "the removed label is gone" 0 'k get deploy web -o jsonpath={.metadata.labels.team}' '='
row "the removed element is gone" 0 'k get deploy web -o "jsonpath={.spec.template.spec.containers[0].env[*].name}"' '=A'
k scale deploy web --replicas=5 >/dev/null
sed '/replicas:/d' less.yaml >without.yaml
row "a field that another changed and this no longer names" 0 'k apply -f without.yaml && k get deploy web -o jsonpath={.spec.replicas}' '^deployment\.apps/web configured$'
row "a dry run by the client" 0 'k apply -f more.yaml --dry-run=client' '=deployment.apps/web configured (dry run)'
row "a dry run by the server" 0 'k apply -f more.yaml --dry-run=server' '=deployment.apps/web configured (server dry run)'
row "nothing came of the dry runs" 0 'k get deploy web -o jsonpath={.metadata.labels.team}' '='
k create cm plain --from-literal=a=1 >/dev/null
k get cm plain -o yaml | sed 's/a: "1"/a: "2"/' >plain.yaml
row "an object that create made" 0 'k apply -f plain.yaml' 'out:^configmap/plain configured$' 'err:Warning: .*missing the.* kubectl\.kubernetes\.io/last-applied-configuration annotation'
row "last-applied, set" 0 'k create cm set --from-literal=a=1 -o yaml --dry-run=client >s.yaml; k create -f s.yaml; k apply set-last-applied --create-annotation -f s.yaml' 'configmap/set configured'
row "from standard input" 0 'echo "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"piped\"},\"data\":{\"a\":\"b\"}}" | k apply -f -' '=configmap/piped created'
mkdir -p dir
printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: n1}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c1, namespace: n1}\n' >dir/a.yaml
printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s1","namespace":"n1"},"stringData":{"k":"v"}}' >dir/b.json
row "a folder" 0 'k apply -f dir' '=namespace/n1 created
configmap/c1 created
secret/s1 created'
row "a folder again" 0 'k apply -f dir' '^namespace/n1 unchanged$' '^configmap/c1 unchanged$' '^secret/s1 '
row "stringData is kept as data" 0 'k get secret s1 -n n1 -o jsonpath={.data.k}' '=dg=='
row "an unknown field" 1 'sed "s/replicas:/replicaz:/" web.yaml | k apply -f -' \
    'err:error validating|unknown field|strict decoding' 'replicaz'
row "an immutable field" 1 'sed "s/matchLabels: {app: web}/matchLabels: {app: other}/" less.yaml | k apply -f -' \
    'err:The Deployment "web" is invalid' 'does not match template'
cat >svc.yaml <<'END'
apiVersion: v1
kind: Service
metadata: {name: dns}
spec:
  selector: {app: dns}
  ports: [{name: tcp, port: 53, protocol: TCP}, {name: udp, port: 53, protocol: UDP}]
END
row "two ports of equal number" 0 'k apply -f svc.yaml && k get svc dns -o "jsonpath={.spec.ports[*].protocol}"' 'TCP UDP'
row "a changed port of two of equal number is one for the merge" 0 \
    'sed "s/name: udp, port: 53/name: udp, port: 53, nodePort: 0/" svc.yaml | k apply -f - >o; k get svc dns -o "jsonpath={.spec.ports[*].port}"' '53'
row "server-side apply, which these releases have not" 1 'sed s/dns/other/ svc.yaml | k apply --server-side -f -' 'err:^error: Server-side apply not available on the server: \(415: Unsupported Media Type\)$'
row "delete what was applied" 0 'k delete -f dir --ignore-not-found' 'namespace "n1" deleted'
done_testing
