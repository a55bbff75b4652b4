"""Builds the library where it is not built, reads its declarations, and compiles the harness against its modules and objects.

Nothing of the library is compiled twice: a checkout that has built its conformance program has built all that is needed.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import declarations
import harness

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
MODULES = ["CKernels", "Devices", "Autograd", "Fluxion"]
PER_FILE = 60


def run(command: list[str], **options) -> subprocess.CompletedProcess:
    return subprocess.run(command, text=True, capture_output=True, **options)


def built_library(configuration: str, sanitize: str | None) -> Path:
    """The folder with the modules and objects of an up-to-date build."""
    command = ["swift", "build", "-c", configuration, "--package-path", str(ROOT)]
    if sanitize:
        command += ["--sanitize", sanitize, "--scratch-path", str(ROOT / f".build-{sanitize}")]
    build = subprocess.run(command + ["--product", "conformance"], stdout=subprocess.DEVNULL)
    if build.returncode:
        sys.exit("the library does not build: " + " ".join(command))
    return Path(run(command + ["--show-bin-path"], check=True).stdout.strip())


def compiler_flags(built: Path) -> list[str]:
    return [
        "-I", str(built / "Modules"), "-Xcc", f"-fmodule-map-file={ROOT}/Sources/CBLAS/module.modulemap",
        "-Xcc", f"-fmodule-map-file={built}/CKernels.build/module.modulemap",
    ] + [flag for cflag in openblas("--cflags") for flag in ("-Xcc", cflag)]


def openblas(what: str) -> list[str]:
    return run(["pkg-config", what, "openblas"]).stdout.split()


def objects(built: Path) -> list[str]:
    """The objects of the library, as the linker was told of them."""
    listed = (built / "conformance.product" / "Objects.LinkFileList").read_text().splitlines()
    listed = [line.strip().strip("'\"") for line in listed]
    return [line for line in listed if re.search(rf"/({'|'.join(MODULES)})\.build/", line)]


def symbol_graphs(built: Path, target: str, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for module in ("Devices", "Autograd"):
        result = run([
            "swift", "symbolgraph-extract", "-module-name", module, "-target", target, "-output-dir", str(folder),
            "-minimum-access-level", "public",
        ] + (["-sdk", sdk()] if sys.platform == "darwin" else []) + compiler_flags(built))
        if result.returncode:
            sys.exit(result.stderr)


def sdk() -> str:
    return run(["xcrun", "--show-sdk-path"]).stdout.strip()


def target_triple() -> str:
    info = run(["swift", "-print-target-info"], check=True).stdout
    return re.search(r'"triple":\s*"([^"]+)"', info).group(1)


class Build:
    """A compiled harness, and what it reaches."""

    def __init__(self, configuration: str, sanitize: str | None, built: Path | None):
        self.built = built or built_library(configuration, sanitize)
        self.sanitize = sanitize
        self.folder = ROOT / ".build" / ("fuzz" + (f"-{sanitize}" if sanitize else "") + ("-debug" if configuration == "debug" else ""))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.program = self.folder / "harness"
        target = target_triple()
        stamp = self.stamp()
        mark = self.folder / "stamp"
        graphs = self.folder / "symbol-graphs"
        if not (mark.exists() and self.program.exists() and mark.read_text() == stamp):
            symbol_graphs(self.built, target, graphs)
            mark.unlink(missing_ok=True)
        self.declarations, self.cases, self.device_layer = declarations.read(graphs)
        dropped_file = self.folder / "dropped"
        dropped: set[int] = set()
        if mark.exists():
            dropped = {int(n) for n in dropped_file.read_text().split()}
        functions, self.table, enumerations, self.unreached = harness.emit(self.declarations, self.cases, dropped)
        if mark.exists():
            return
        for _ in range(6):
            failed = self.compile(functions, enumerations, target)
            if failed is None:
                break
            dropped |= failed
            functions, self.table, enumerations, self.unreached = harness.emit(self.declarations, self.cases, dropped)
        else:
            sys.exit("the harness does not compile")
        dropped_file.write_text(" ".join(map(str, sorted(dropped))))
        mark.write_text(stamp)

    def stamp(self) -> str:
        """What the harness depends on: its own sources, and the library's objects."""
        digest = hashlib.sha256()
        for file in sorted(HERE.rglob("*.py")) + sorted((HERE / "Harness").glob("*.swift")):
            if file.name in ("build.py", "declarations.py", "harness.py") or file.suffix == ".swift":
                digest.update(file.read_bytes())
        for file in objects(self.built):
            status = os.stat(file)
            digest.update(f"{file} {status.st_size} {status.st_mtime_ns}".encode())
        return digest.hexdigest()

    def compile(self, functions: list, enumerations: list[str], target: str) -> set[int] | None:
        """None if it compiled; else the numbers of the declarations that do not."""
        sources = self.folder / "sources"
        shutil.rmtree(sources, ignore_errors=True)
        sources.mkdir()
        lines_of: dict[str, list[tuple[int, int]]] = {}
        adders = []
        titles = dict(self.table)
        for start in range(0, len(functions), PER_FILE):
            name = f"Calls{start // PER_FILE}.swift"
            lines = ["import Fluxion"]
            for number, function in functions[start:start + PER_FILE]:
                lines_of.setdefault(name, []).append((len(lines) + 1, number))
                lines += function
            adders.append(f"addCalls{start // PER_FILE}")
            lines.append(f"func {adders[-1]}(_ calls: inout [Call]) {{")
            for number, _ in functions[start:start + PER_FILE]:
                title = titles[number].replace("\\", "\\\\").replace('"', '\\"')
                lines.append(f'  calls.append(Call("{title}", call{number}))')
            lines.append("}")
            (sources / name).write_text("\n".join(lines) + "\n")
        (sources / "Cases.swift").write_text("import Fluxion\n" + "\n".join(enumerations) + "\n")
        table = ["func allCalls() -> [Call] {", "  var calls: [Call] = []"]
        table += [f"  {adder}(&calls)" for adder in adders] + ["  return calls", "}"]
        (sources / "Table.swift").write_text("\n".join(table) + "\n")
        for file in (HERE / "Harness").glob("*.swift"):
            shutil.copy(file, sources)
        command = [
            "swiftc", "-Onone", "-g", "-swift-version", "5", "-target", target, "-suppress-warnings", "-module-name", "harness",
            "-continue-building-after-errors", "-j", "4", "-o", str(self.program),
        ] + compiler_flags(self.built) + [str(file) for file in sorted(sources.glob("*.swift"))] + objects(self.built)
        command += openblas("--libs")
        if sys.platform != "darwin":
            command += ["-llapacke", "-lm"]
        if self.sanitize:
            command += [f"-sanitize={self.sanitize}"]
        result = run(command, cwd=self.folder)
        if result.returncode == 0:
            return None
        failed = set()
        others = []
        for match in re.finditer(r"^(\S+?/)?(\w+\.swift):(\d+):\d+: error: (.*)$", result.stderr + result.stdout, re.MULTILINE):
            name, line = match.group(2), int(match.group(3))
            owner = [number for first, number in lines_of.get(name, []) if first <= line]
            if owner:
                failed.add(owner[-1])
                if os.environ.get("FUZZ_VERBOSE"):
                    print(match.group(0).replace(str(sources), ""), file=sys.stderr)
            else:
                others.append(match.group(0))
        if others or not failed:
            sys.exit("\n".join(others) or result.stderr[-4000:])
        return failed
