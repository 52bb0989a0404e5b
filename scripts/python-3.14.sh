#!/usr/bin/env bash
# CPython 3.14, which npm brings as WebAssembly (pyodide): for asyncio as it is there, on machines
# whose python3 is older. It has no sockets, no threads and no processes; it sees the folder that
# it is called in, and that for temporary files.
#
#   scripts/python-3.14.sh FILE [ARGUMENT ...]
set -euo pipefail

readonly pyodide=314.0.7
readonly cache=${XDG_CACHE_HOME:-$HOME/.cache}/jloop/pyodide-$pyodide

if [ ! -d "$cache/node_modules/pyodide" ]; then
    mkdir -p "$cache"
    npm install --silent --no-audit --no-fund --prefix "$cache" "pyodide@$pyodide" >&2
fi

cat > "$cache/run.mjs" <<'JS'
import { loadPyodide } from "pyodide";
import os from "node:os";
const py = await loadPyodide({ stdout: s => console.log(s), stderr: s => console.error(s) });
for (const folder of [process.cwd(), os.tmpdir()]) {
    py.FS.mkdirTree(folder);
    py.FS.mount(py.FS.filesystems.NODEFS, { root: folder }, folder);
}
py.globals.set("called", [process.cwd(), ...process.argv.slice(2)]);
try {
    process.exitCode = py.runPython(`
import asyncio.events, os, runpy, sys
folder, *sys.argv = list(called)
os.chdir(folder)
sys.path.insert(0, os.path.dirname(os.path.abspath(sys.argv[0])))
asyncio.events._set_running_loop(None)
status = 0
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as e:
    status = e.code if isinstance(e.code, int) else e.code is not None
int(status)
`);
} catch (e) {
    console.error(String(e.message).slice(-3000));
    process.exitCode = 1;
}
JS
exec node "$cache/run.mjs" "$@"
