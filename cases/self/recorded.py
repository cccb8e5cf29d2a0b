#!/usr/bin/env python3
"""Replays what kubectls and probes were answered by a real member (fixtures/exchanges/member) to
`confed-sim apiserver`, and compares status and body.

What differs must stand in differences.json beside the recordings, and what stands there must differ: that
list is the table in mocks/apiserver/README.md, with a reason for each.

usage: recorded.py [--table] [--show]
    --table  print the list as the README has it, and end
    --show   print every difference, listed or not
"""
import base64
import copy
import http.client
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDED = os.path.join(HERE, "../../fixtures/exchanges/member")
README = os.path.join(HERE, "../../mocks/apiserver/README.md")
# One server each, in the order of the recording: what one file leaves behind, the next finds. When the probes were
# made, no controller was quick enough to get between them, nor was the namespace emptied that the last ones delete.
SERVERS = (
    (["discovery", "kubectl-1.10", "kubectl-1.20", "kubectl-1.32"], ["--load", "kubectl.state.json"]),
    (["probes"], ["--bare", "--speed", "0.01", "--load", "probes.state.json"]),
)
PATIENCE = 10.0  # seconds until the controllers have brought about the recorded state
SILENCE = 0.1  # seconds in which a stream in which nothing was recorded has to be silent
ABSENT = "(absent)"

# What a server chooses: ${class.N} in a recording is a value of this form. A value that names something is the
# same wherever it appears; a version or a time says only that there was one.
CLASSES = {
    "uid": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "suffix": r"[a-z0-9]{5}",
    "event": r"[0-9a-f]+",
    "ip": r"\d+\.\d+\.\d+\.\d+",
    "port": r"3[0-2]\d{3}",
    "node": r"[a-z0-9-]+",
    "container": r"[a-z0-9]+",
    "rv": r"\d+",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z",
    "address": r"[0-9.]+:\d+",
    "seconds": r"\d{10}",
    "continue": r"\S+",
    "age": r"\d+[smhd]",
}
FLEETING = ("rv", "time", "address", "seconds", "continue", "age")
NAMED = re.compile(r"\$\{(([a-z]+)(?:\.\d+)?)\}")


def fill(value, known):
    """The value with the names in it replaced by what this server chose."""
    if isinstance(value, dict):
        return {key: fill(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, known) for item in value]
    if not isinstance(value, str):
        return value
    whole = NAMED.fullmatch(value)
    if whole:
        return known[whole[1]]
    return NAMED.sub(lambda name: str(known[name[1]]), value)


def same_text(there, here, known):
    """Whether `here` is the recorded text; learns the names in it."""
    names = NAMED.findall(there)
    if not names:
        return there == here
    literal = NAMED.split(there)[::3]
    pattern = re.escape(literal[0])
    for (_, kind), text in zip(names, literal[1:]):
        pattern += "(" + CLASSES[kind] + ")" + re.escape(text)
    match = re.fullmatch(pattern, str(here))
    if not match:
        return False
    whole = NAMED.fullmatch(there)
    for (name, kind), value in zip(names, match.groups()):
        if kind not in FLEETING and str(known.get(name, value)) != value:
            return False
        known[name] = here if whole else value
    return True


def label(item):
    """What a list's item is called, if anything."""
    if not isinstance(item, dict):
        return None
    for key in ("name", "groupVersion", "type", "path", "ip"):
        if isinstance(item.get(key), str):
            return item[key]
    return (item.get("metadata") or {}).get("name") if isinstance(item.get("metadata"), dict) else None


def version(item):
    """The resourceVersion of a list's item as a number; that of a recording is part of its name."""
    text = item.get("metadata", {}).get("resourceVersion", "0") if isinstance(item, dict) else "0"
    return int(re.sub(r"\D", "", text))


def differences_of_lists(there, here, at, known):
    ours, theirs = [label(item) for item in here], [label(item) for item in there]
    distinct = all(len(set(labels)) == len(labels) and None not in labels for labels in (ours, theirs))
    if distinct and not any("${" in name for name in theirs):
        both = [name for name in theirs if name in ours]
        order = [name for name in ours if name in theirs]
        found = [] if both == order else [(at + "/(order)", both, order)]
        for name in theirs + [name for name in ours if name not in theirs]:
            found += differences(
                there[theirs.index(name)] if name in theirs else ABSENT,
                here[ours.index(name)] if name in ours else ABSENT, f"{at}/{name}", known)
        return found
    if len(there) != len(here):
        return [(at, there, here)]
    # Names that a server chooses order a list by chance: each recorded item is looked for, the oldest first.
    found, left = [], sorted(range(len(here)), key=lambda number: version(here[number]))
    for number in sorted(range(len(there)), key=lambda number: version(there[number])):
        wanted = there[number]
        fits = next((at_here for at_here in left if not differences(wanted, here[at_here], at, dict(known))), left[0])
        left.remove(fits)
        found += differences(wanted, here[fits], f"{at}/{number}", known)
    return found


def differences(there, here, at, known):
    """[(where, recorded, answered)]"""
    if there == "${pace}":  # how far the controllers had come
        return []
    if isinstance(there, dict) and isinstance(here, dict):
        found = []
        for key in list(there) + [key for key in here if key not in there]:
            found += differences(there.get(key, ABSENT), here.get(key, ABSENT), f"{at}/{key}", known)
        return found
    if isinstance(there, list) and isinstance(here, list):
        return differences_of_lists(there, here, at, known)
    if isinstance(there, str) and isinstance(here, (str, int)) and here != ABSENT:
        return [] if same_text(there, here, known) else [(at, there, here)]
    return [] if there == here and type(there) is type(here) else [(at, there, here)]


def varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at


def protobuf_fields(data):
    """The fields of a message by its wire alone, one after the other: number, and a number or bytes."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 2:
            length, at = varint(data, at)
            value, at = data[at:at + length], at + length
        if tag < 8 or tag & 7 not in (0, 2) or at > len(data):
            raise ValueError("no message")
        yield tag >> 3, value


def protobuf_all(data, number):
    return [value for field, value in protobuf_fields(data) if field == number]


def protobuf_sole(data, number):
    return b"".join(protobuf_all(data, number)[:1])


def protobuf(data):
    """A message as {field: [values]} without those that are empty."""
    fields = {}
    for number, value in protobuf_fields(data):
        value = value if isinstance(value, int) else protobuf_value(value)
        if value not in (0, "", {}):
            fields.setdefault(str(number), []).append(value)
    return fields


def protobuf_value(data):
    try:
        if data.decode().isprintable():
            return data.decode()
    except UnicodeDecodeError:
        pass
    try:
        return protobuf(data)
    except (ValueError, IndexError):
        return data.decode("latin1")


def kinds_described(data):
    """The kinds ("apps/v1 Deployment") that an OpenAPI document in protobuf (openapiv2.Document) has the fields of."""
    found = set()
    definitions = protobuf_sole(data, 9)
    for named in protobuf_all(definitions, 1):
        for extension in protobuf_all(protobuf_sole(named, 2), 31):
            if protobuf_sole(extension, 1) == b"x-kubernetes-group-version-kind":
                for kind in json.loads(protobuf_sole(protobuf_sole(extension, 2), 2)):
                    found.add(f"{kind['group']}/{kind['version']} {kind['kind']}".lstrip("/"))
    return found


def kinds_recorded():
    """The kinds that can be created, as the recorded discovery has them: those whose fields a kubectl asks for."""
    found = set()
    for step in steps("discovery"):
        document = step.get("answer", {})
        for resource in document.get("resources", []):
            if document.get("kind") == "APIResourceList" and "create" in resource["verbs"]:
                group = resource.get("group") or document["groupVersion"].rpartition("/")[0]
                version = resource.get("version") or document["groupVersion"].rpartition("/")[2]
                found.add(f"{group}/{version} {resource['kind']}".lstrip("/"))
    return found


class Server:
    """confed-sim apiserver, alone, and connections to it."""

    def __init__(self, scratch, *options):
        config = os.path.join(scratch, "kubeconfig")
        program = os.path.join(os.environ["BIN"], "confed-sim")
        self.process = subprocess.Popen(
            [program, "apiserver", "--kubeconfig", config, "--seed", "1", "--profile", "1.9.0", *options],
            stdout=subprocess.PIPE, text=True, cwd=RECORDED)
        self.process.stdout.readline()  # it is ready
        with open(config, encoding="utf-8") as file:
            text = file.read()
        field = lambda name: re.search(r'^ *-? *"?%s"?: *"?([^"\n]*)' % name, text, re.M)[1]
        self.host, self.port = re.match(r"https://([^:]+):(\d+)", field("server")).groups()
        pem = {}
        for name in ("certificate-authority-data", "client-certificate-data", "client-key-data"):
            pem[name] = os.path.join(scratch, name)
            with open(pem[name], "wb") as file:
                file.write(base64.b64decode(field(name)))
        self.nobody = ssl.create_default_context(cafile=pem["certificate-authority-data"])
        self.admin = ssl.create_default_context(cafile=pem["certificate-authority-data"])
        self.admin.load_cert_chain(pem["client-certificate-data"], pem["client-key-data"])
        self.kept = self.connect()

    def connect(self, anonymous=False):
        return http.client.HTTPSConnection(self.host, int(self.port), timeout=PATIENCE,
                                           context=self.nobody if anonymous else self.admin)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Replay:
    def __init__(self, server, is_listed):
        self.server, self.is_listed = server, is_listed
        self.known, self.etags, self.watches, self.found = {}, {}, [], []
        self.held = []  # what keeps a namespace from being empty

    def send(self, step, accept=None):
        known = dict(self.known, etag=self.etags.get(step["path"], "none"))
        headers = fill(step.get("headers", {}), known)
        body = None
        if accept:
            headers["Accept"] = accept
        if step.get("as") == "wrong-token":
            headers["Authorization"] = "Bearer wrong"
        if "body" in step:
            body = json.dumps(fill(step["body"], known)).encode()
        elif "base64" in step:
            body = base64.b64decode(step["base64"])
        elif "text" in step:
            body = step["text"].encode()
        target = fill(step["path"], known) + ("?" + fill(step["query"], known) if "query" in step else "")
        own = "as" in step or "Upgrade" in headers or self.goes_on(step)
        connection = self.server.connect("as" in step) if own else self.server.kept
        connection.putrequest(step["method"], target, skip_accept_encoding=True)
        for name, value in headers.items():
            for one in value.split(" | "):  # of a header that was sent several times
                connection.putheader(name, one)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        answer.connection = connection if own else None
        return answer

    @staticmethod
    def goes_on(step):
        return re.search(r"(watch|follow)=true", step.get("query", "")) or "/watch/" in step["path"]

    def judge(self, step, answer, known):
        """Compares an answer that has an end."""
        form = (answer.getheader("Content-Type") or "(none)").lower()
        found = differences(step["status"], answer.status, "status", known)
        data = b"" if answer.connection and answer.status == 101 else answer.read()
        if answer.connection:
            answer.connection.close()
        if found:
            return found
        self.etags[step["path"]] = answer.getheader("ETag") or "none"
        found = differences(step.get("type", "(none)").lower(), form, "type", known)
        if found:
            return found
        if "protobuf" in step:
            return differences(step["protobuf"], protobuf(data[4:]), "protobuf", known)
        if "protocol" in step:
            return differences(step["protocol"], answer.getheader("X-Stream-Protocol-Version"), "protocol", known)
        if "describes" in step:
            missing = sorted(kinds_recorded() - kinds_described(data))
            return [(f"describes/{kind}", kind, ABSENT) for kind in missing]
        if "says" in step:
            return differences(step["says"], data.decode(), "says", known)
        if "answer" not in step:
            return []
        here = json.loads(data)
        # The same in another form is one difference; what it would be in the recorded form can be others.
        if "as=" in step["headers"]["Accept"] and here.get("kind") != step["answer"].get("kind"):
            plain = self.judge(dict(step), self.send(step, "application/json"), known)
            return [("form", step["answer"].get("kind"), here.get("kind"))] + plain
        return differences(step["answer"], here, "answer", known)

    def once(self, step):
        known = dict(self.known)
        return self.judge(step, self.send(step), known), known

    def unknown(self, step):
        text = json.dumps([step["path"], step.get("query"), step.get("body")])
        return [name for name, _ in NAMED.findall(text) if name not in self.known]

    def look_up(self, path):
        """A random name in the path that no answer has told yet: who typed it had asked for the names."""
        template = re.match(r"(/.*/)([^/]*\$\{suffix[^/]*)", path)
        if not template or template[2] in self.known:
            return
        self.server.kept.request("GET", fill(template[1], self.known))
        for item in json.loads(self.server.kept.getresponse().read())["items"]:
            going = "deletionTimestamp" in item["metadata"]
            if not going and same_text(template[2], item["metadata"]["name"], self.known):
                return

    def ask(self, method, path, body, form="application/json"):
        """A request that is in no recording."""
        self.server.kept.request(method, path, json.dumps(body).encode(), {"Content-Type": form})
        self.server.kept.getresponse().read()

    def hold(self, namespace):
        """Lets a namespace that is deleted have something in it until the clients that look at it have gone: how long
        it takes to empty it is the server's own."""
        self.ask("POST", namespace + "/configmaps", {"metadata": {"name": "held", "finalizers": ["recorded/held"]}})
        self.held.append(namespace + "/configmaps/held")

    def release(self):
        for path in self.held:
            self.ask("PATCH", path, {"metadata": {"finalizers": None}}, "application/merge-patch+json")
        self.held = []

    def play(self, step):
        """Makes the request; repeats one that only looks until the controllers have come as far as the recorded ones."""
        self.look_up(step["path"])
        unknown = self.unknown(step)
        if unknown:
            self.found.append((step, ("request", f"names {unknown}", "no answer before had that in its place")))
            return
        if self.goes_on(step):
            answer = self.send(step)
            if "events" in step or answer.status != step["status"]:
                self.watches.append((step, answer))
            else:
                self.found += [(step, one) for one in self.listen(step, answer)]
            return
        if step["method"] == "DELETE" and re.fullmatch("/api/v1/namespaces/[^/]+", step["path"]):
            self.hold(step["path"])
        until = time.monotonic() + PATIENCE
        found, known = self.once(step)
        while step["method"] == "GET" and time.monotonic() < until and \
                any(not self.is_listed(step, one) for one in found):
            time.sleep(0.05)
            found, known = self.once(step)
        self.known = known
        self.found += [(step, one) for one in found]

    def listen(self, step, answer):
        """What comes in a stream while its client was there: the recorded text, or nothing."""
        form = (answer.getheader("Content-Type") or "(none)").lower()
        found = differences(step["type"].lower(), form, "type", self.known)
        answer.connection.sock.settimeout(SILENCE)
        heard = b""
        try:
            for line in iter(answer.readline, b""):
                heard += line
        except TimeoutError:
            pass
        answer.connection.close()
        return found + differences(step.get("says", ""), heard.decode(), "says", self.known)

    def end_watches(self):
        """What the watches have told, which they go on to do while other requests are made."""
        self.release()
        for step, answer in self.watches:
            found = differences(step["status"], answer.status, "status", self.known)
            found += differences(step["type"], answer.getheader("Content-Type"), "type", self.known)
            for number, event in enumerate(step["events"] if not found else []):
                try:
                    line = answer.readline()
                except TimeoutError:
                    line = b""
                found += differences(event, json.loads(line) if line else ABSENT, f"events/{number}", self.known)
                if not line:
                    break
            answer.connection.close()
            self.found += [(step, one) for one in found]
        self.watches = []


def steps(name):
    """The steps of a file; a document of discovery that was asked for in several ways is several."""
    with open(os.path.join(RECORDED, name + ".jsonl"), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            step = json.loads(line)
            step["of"] = f"{name}.jsonl:{number}"
            for way in step.pop("asked", [None]):
                one = copy.copy(step)
                if way:
                    one["headers"] = {"Accept": way["accept"]}
                    if "query" in way:
                        one["query"] = way["query"]
                    if "etag" in way:
                        one["headers"]["If-None-Match"] = "${etag}"
                yield one


def target(step):
    return f"{step['method']} {step['path']}" + ("?" + step["query"] if "query" in step else "")


class List:
    """differences.json: rows of the README's table, each with patterns METHOD PATH WHERE of what it explains: a list,
    or one for each profile."""

    def __init__(self):
        with open(os.path.join(RECORDED, "differences.json"), encoding="utf-8") as file:
            self.rows = json.load(file)

    def finder(self, profile):
        """What finds the pattern that explains a difference under a profile, or None; and all such patterns."""
        patterns = []
        for row in self.rows:
            explains = row["explains"]
            for pattern in explains.get(profile, []) if isinstance(explains, dict) else explains:
                patterns.append((re.compile(re.escape(pattern).replace(r"\*", ".*")), pattern))

        def find(step, difference):
            text = f"{target(step)} {difference[0]}"
            return next((one[1] for one in patterns if one[0].fullmatch(text)), None)

        return find, [one[1] for one in patterns]

    def table(self):
        lines = ["| request | here | there | reason |", "|---|---|---|---|"]
        for row in self.rows:
            lines.append("| " + " | ".join(row[key] for key in ("request", "here", "there", "reason")) + " |")
        return "\n".join(lines) + "\n"


def short(value):
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 300 else text[:300] + "..."


def run(listed, profile, show):
    """Replays everything to one server; returns how many lines were wrong."""
    find, expected = listed.finder(profile)
    seen, wrong, count, found = set(), 0, 0, []
    for files, options in SERVERS:
        with tempfile.TemporaryDirectory(prefix="confed-recorded.") as scratch:
            server = Server(scratch, *options, *(["--strict"] if profile == "strict" else []))
            try:
                replay = Replay(server, find)
                for name in files:
                    for step in steps(name):
                        count += 1
                        replay.play(step)
                    replay.end_watches()
            finally:
                server.stop()
            found += replay.found
    for step, one in found:
        pattern = find(step, one)
        seen.add(pattern)
        if show or not pattern:
            print(f"{profile} {step['of']}: {target(step)} {one[0]}"
                  f"{' (listed)' if pattern else ''}\n    there: {short(one[1])}\n    here:  {short(one[2])}")
        wrong += not pattern
    for pattern in expected:
        if pattern not in seen:
            wrong += 1
            print(f"{profile}: '{pattern}' is listed, but nothing differs there: remove it from differences.json")
    print(f"{profile}: {count} exchanges, {len(found)} differences, {wrong} not as listed")
    return wrong


def main():
    listed = List()
    if "--table" in sys.argv:
        sys.stdout.write(listed.table())
        return 0
    wrong = sum(run(listed, profile, "--show" in sys.argv) for profile in ("strict", "compatible"))
    with open(README, encoding="utf-8") as file:
        if listed.table() not in file.read():
            wrong += 1
            print("mocks/apiserver/README.md has another table than `cases/self/recorded.py --table` prints")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
