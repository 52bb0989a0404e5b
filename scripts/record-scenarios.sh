#!/usr/bin/env bash
# Records what CPython prints for the scenarios: all of them, or those given.
#
#   scripts/record-scenarios.sh [core/src/test/scenarios/TOPIC/NAME.py ...]
#
# Each is run by the `python3` of this machine, and by CPython 3.14, which npm brings as
# WebAssembly (no installation, no sockets). A scenario for which the two differ must say
# `# since: 3.12` (or 3.13, 3.14): then 3.14's trace counts, else that of python3. One that says
# `# needs: sockets` or `# needs: threads` is run by python3 alone, one that says
# `# needs: trio` by a python3 that has trio (Debian: python3-trio), as asyncio has no such thing.
# One that says `# by hand: why`
# is not recorded: its trace is written down from what is known of CPython 3.14.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly folder=core/src/test/scenarios
readonly pyodide=314.0.7
readonly cache=${XDG_CACHE_HOME:-$HOME/.cache}/jloop/pyodide-$pyodide
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ ! -d "$cache/node_modules/pyodide" ]; then
    mkdir -p "$cache"
    npm install --silent --no-audit --no-fund --prefix "$cache" "pyodide@$pyodide" >&2
fi

if [ $# -gt 0 ]; then files=("$@"); else
    mapfile -t files < <(find "$folder" -mindepth 2 -name '*.py' | sort)
fi

# One after the other in one CPython each, a fresh module each.
cat > "$work/all.py" <<'PY'
import contextlib, io, json, os, runpy, sys, warnings
warnings.simplefilter("ignore")
def record(files, folder, with_trio=False):
    sys.path.insert(0, folder)
    traces = {}
    for file in files:
        source = open(file).read()
        if sys.platform == "emscripten" and "\n# needs: " in source:
            continue
        if ("\n# needs: trio" in source) != with_trio:
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            try:
                runpy.run_path(file, run_name="__main__")
            except BaseException as e:
                printed.write(f"!! {type(e).__name__}: {e}\n")
        traces[file] = printed.getvalue()
    return traces
PY
printf '%s\n' "${files[@]}" > "$work/files"

python3 - "$work" "$folder" > "$work/old.json" <<'PY'
import json, sys
work, folder = sys.argv[1:]
exec(open(work + "/all.py").read())
files = open(work + "/files").read().split()
json.dump({"version": sys.version.split()[0], "traces": record(files, folder)}, sys.stdout)
PY

for trio in python3 /usr/bin/python3 none; do
    "$trio" -c "import trio" 2>/dev/null && break
done
if [ "$trio" = none ]; then echo '{"version": "", "traces": {}}' > "$work/trio.json"
else "$trio" - "$work" "$folder" > "$work/trio.json" <<'PY'
import json, sys
import trio
work, folder = sys.argv[1:]
exec(open(work + "/all.py").read())
files = open(work + "/files").read().split()
json.dump({"version": trio.__version__, "traces": record(files, folder, True)}, sys.stdout)
PY
fi

cat > "$cache/record.mjs" <<'JS'
import { loadPyodide } from "pyodide";
import fs from "node:fs";
const [work, folder] = process.argv.slice(2);
const py = await loadPyodide();
py.FS.mkdirTree("/work"); py.FS.mount(py.FS.filesystems.NODEFS, { root: process.cwd() }, "/work");
py.globals.set("files", fs.readFileSync(work + "/files", "utf8").trim().split("\n"));
console.log(py.runPython(fs.readFileSync(work + "/all.py", "utf8") + `
import asyncio.events
asyncio.events._set_running_loop(None)
os.chdir("/work")
json.dumps({"version": sys.version.split()[0], "traces": record(list(files), "${folder}")})
`));
JS
node "$cache/record.mjs" "$work" "$folder" > "$work/new.json"

python3 - "$work" <<'PY'
import json, re, sys
work = sys.argv[1]
old, new = (json.load(open(f"{work}/{n}.json")) for n in ("old", "new"))
bad = 0
for file, trace in old["traces"].items():
    if "\n# by hand: " in open(file).read():
        continue
    since = re.search(r"^# since: (3\.\d+)", open(file).read(), re.M)
    version = old["version"]
    if since and [int(n) for n in since[1].split(".")] > [int(n) for n in version.split(".")[:2]]:
        version, trace = new["version"], new["traces"][file]
    elif trace != new["traces"].get(file, trace):
        bad += 1
        print(f"{file}: {version} and {new['version']} differ, and it does not say since when\n"
              f"--- {version}\n{trace}--- {new['version']}\n{new['traces'][file]}")
        continue
    if "!!" in trace:
        bad += 1
        print(f"{file} failed:\n{trace}")
        continue
    with open(file[:-3] + ".txt", "w") as recorded:
        recorded.write(f"# CPython {version}\n{trace}")
trio = json.load(open(f"{work}/trio.json"))
for file, trace in trio["traces"].items():
    bad += "!!" in trace or "raised" in trace
    with open(file[:-3] + ".txt", "w") as recorded:
        recorded.write(f"# trio {trio['version']}\n{trace}")
print(f"{len(old['traces']) + len(trio['traces']) - bad} recorded, {bad} not, by CPython {old['version']} and "
      f"{new['version']}, trio {trio['version'] or 'not installed'}")
sys.exit(bad > 0)
PY
