"""Runs the harness in child processes of limited memory, watches them, and names the call that ended one."""

import mmap
import os
import queue
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

PHASES = ["drawing", "calling", "reading", "judging", "gradients", "cleaning"]
HEADER = 16
CHUNK = 1000
# A call that was asked for work of 2^40 elements may be slow; it is stopped early and not counted.
HUGE_LIMIT = 2.0


@dataclass
class Finding:
    kind: str
    declaration: str
    call: int
    message: str
    frames: list[str] = field(default_factory=list)
    phase: str = ""
    count: int = 1
    others: set = field(default_factory=set)
    talk: str = ""
    repeats: bool | None = None

    @property
    def key(self):
        """One cause is one finding, whichever declaration led to it."""
        if self.frames:
            return self.kind, tuple(self.frames[:2])
        if "silence" in self.kind:
            return self.kind
        return self.kind, self.declaration


class Runner:
    def __init__(self, build, seed: int, only: str | None, jobs: int, memory: int, limit: float):
        self.build, self.seed, self.only, self.jobs = build, seed, only, jobs
        self.memory = 0 if build.sanitize else memory
        self.limit = limit
        self.findings: dict[tuple, Finding] = {}
        self.lock = threading.Lock()
        self.calls = 0
        self.programs = 0
        self.stopped_early = 0
        self.titles = [title for _, title in build.table]
        self.called = [0] * len(self.titles)
        self.succeeded = [0] * len(self.titles)
        self.deadline: float | None = None
        self.folder = Path(tempfile.mkdtemp(prefix="fuzz-"))

    # All calls

    def run(self, first: int, count: int, seconds: float | None) -> None:
        self.deadline = time.monotonic() + seconds if seconds else None
        chunks: queue.Queue = queue.Queue()
        for start in range(first, first + count, CHUNK):
            chunks.put((start, min(start + CHUNK, first + count)))
        threads = [threading.Thread(target=self.work, args=(chunks, n)) for n in range(self.jobs)]
        for thread in threads:
            thread.start()
        told = time.monotonic()
        for thread in threads:
            while thread.is_alive():
                thread.join(1)
                if time.monotonic() - told > 30:
                    told = time.monotonic()
                    print(f"{self.programs} of {count} done, {len(self.findings)} found", file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)

    def work(self, chunks: queue.Queue, worker: int) -> None:
        while not self.is_late():
            try:
                start, end = chunks.get_nowait()
            except queue.Empty:
                return
            while start < end and not self.is_late():
                start = self.child(start, end, worker)

    def is_late(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline

    # One process

    def command(self, start: int, end: int, progress: Path | None, talk: bool) -> list[str]:
        command = [str(self.build.program), "--seed", str(self.seed), "--from", str(start), "--to", str(end)]
        command += ["--memory", str(self.memory)]
        if progress:
            command += ["--progress", str(progress)]
        if self.only:
            command += ["--only", self.only]
        if talk:
            command += ["--talk"]
        if self.build.sanitize:
            command += ["--sanitized"]
        return command

    def environment(self) -> dict:
        environment = dict(os.environ, SWIFT_BACKTRACE="enable=no")
        if self.build.sanitize == "address":
            environment["ASAN_OPTIONS"] = ":".join([
                "detect_leaks=0", "allocator_may_return_null=1", f"max_allocation_size_mb={2048}", "handle_sigill=1", "handle_abort=1",
                "handle_sigtrap=1", "handle_sigfpe=1", "detect_stack_use_after_return=0", "quarantine_size_mb=64",
                f"external_symbolizer_path={symbolizer() or ''}",
            ])
        return environment

    def child(self, start: int, end: int, worker: int) -> int:
        """Runs calls until the end or a signal; gives the next call to run."""
        progress = self.folder / f"progress-{worker}"
        size = 8 * (HEADER + 2 * len(self.titles))
        progress.write_bytes(b"\0" * size)
        out, err = self.folder / f"out-{worker}", self.folder / f"err-{worker}"
        with open(progress, "r+b") as file, mmap.mmap(file.fileno(), size) as words:
            with open(out, "wb") as o, open(err, "wb") as e:
                process = subprocess.Popen(
                    self.command(start, end, progress, False), stdout=o, stderr=e, env=self.environment(), cwd=self.folder)
                is_hung, is_huge = self.watch(process, words)
            state = struct.unpack(f"{HEADER}Q", words[:8 * HEADER])
            counts = struct.unpack(f"{2 * len(self.titles)}Q", words[8 * HEADER:size])
        call, declaration, _, phase, _, calls = state[:6]
        with self.lock:
            self.calls += calls
            for i in range(len(self.titles)):
                self.called[i] += counts[2 * i]
                self.succeeded[i] += counts[2 * i + 1]
        self.read_findings(out)
        if process.returncode == 0 and not is_hung:
            with self.lock:
                self.programs += end - start
            return end
        with self.lock:
            self.programs += max(call - start, 0) + 1
        if is_hung and is_huge:
            with self.lock:
                self.stopped_early += 1
            return call + 1
        text = err.read_bytes().decode(errors="replace")
        finding = self.ending(process.returncode, is_hung, text)
        finding.call, finding.declaration, finding.phase = call, self.titles[declaration], PHASES[phase]
        self.add(finding)
        return max(call, start) + 1

    def watch(self, process: subprocess.Popen, words: mmap.mmap) -> tuple[bool, bool]:
        last, since, spent = None, 0.0, 0.0
        while True:
            try:
                process.wait(0.1)
                return False, False
            except subprocess.TimeoutExpired:
                pass
            state = words[:8 * 7]
            now, work = time.monotonic(), processor_seconds(process.pid)
            if state != last:
                last, since, spent = state, now, work
                continue
            is_huge = struct.unpack("7Q", state)[4] != 0
            limit = HUGE_LIMIT if is_huge else self.limit * (4 if self.build.sanitize else 1)
            # On a busy machine a call may wait for its turn: its own work counts, and only much longer silence without any.
            if work - spent > limit or now - since > 6 * limit:
                process.send_signal(signal.SIGABRT if self.build.sanitize else signal.SIGUSR1)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                return True, is_huge

    # What is wrong

    def read_findings(self, out: Path) -> None:
        for line in out.read_bytes().decode(errors="replace").splitlines():
            parts = line.split("\t")
            if parts[0] == "finding" and len(parts) == 5:
                self.add(Finding(parts[1], parts[2], int(parts[3]), parts[4]))

    def ending(self, code: int, is_hung: bool, text: str) -> Finding:
        frames = sanitizer_frames(text) if self.build.sanitize else native_frames(text, self.build.program)
        message = next((line for line in text.splitlines() if "Fatal error" in line or "ERROR: AddressSanitizer" in line), "")
        message = re.sub(r"^.*?(Fatal error|ERROR: AddressSanitizer)", r"\1", message)
        message = re.sub(r" on address .*| \(pc .*", "", message) if "AddressSanitizer" in message else message
        if is_hung:
            kind = f"no answer within {self.limit:g} s"
        elif "AddressSanitizer" in message:
            kind = "address sanitizer"
        else:
            kind = "signal " + (signal.Signals(-code).name if code < 0 else f"exit {code}")
        return Finding(kind, "", 0, message, frames)

    def add(self, finding: Finding) -> None:
        with self.lock:
            known = self.findings.get(finding.key)
            if known:
                known.count += 1
                if finding.declaration != known.declaration:
                    known.others.add(finding.declaration)
                return
            self.findings[finding.key] = finding
        print(f"found: {finding.kind}, call {finding.call}, {finding.declaration.split(' [')[0]}", file=sys.stderr)

    def explain(self, finding: Finding) -> None:
        """Runs a call again by itself, with its arguments told."""
        try:
            process = subprocess.run(
                self.command(finding.call, finding.call + 1, None, True), capture_output=True, env=self.environment(),
                timeout=self.limit * 2)
            code, text = process.returncode, process.stdout
        except subprocess.TimeoutExpired as late:
            code, text = -1, late.stdout or b""
        text = text.decode(errors="replace")
        finding.talk = text
        finding.repeats = code != 0 or "finding\t" in text


def processor_seconds(process: int) -> float:
    """What a process has computed; the clock where the system does not tell."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError):
        return time.monotonic()


def symbolizer() -> str | None:
    swift = shutil.which("swift")
    beside = Path(swift).resolve().parent / "llvm-symbolizer" if swift else None
    return str(beside) if beside and beside.exists() else shutil.which("llvm-symbolizer")


def native_frames(text: str, program: Path) -> list[str]:
    """The frames within the library, innermost first."""
    offsets = re.findall(re.escape(program.name) + r"\(\+(0x[0-9a-f]+)\)", text)
    tool = symbolizer()
    if not offsets or not tool:
        return []
    # A frame's address is that after the call.
    result = subprocess.run(
        [tool, f"--obj={program}", "--demangle", "--inlines", "--functions=linkage"],
        input="\n".join(offsets), capture_output=True, text=True)
    return library_frames(re.findall(r"^(.+)\n(/.+?:\d+):\d+$", result.stdout, re.MULTILINE))


def sanitizer_frames(text: str) -> list[str]:
    first = text.split("\n\n")[0] if "ERROR" not in text else text[text.index("ERROR"):].split("\n\n")[0]
    return library_frames(re.findall(r"^\s+#\d+ 0x[0-9a-f]+ in (.+?) (/\S+?:\d+)", first, re.MULTILINE))


def library_frames(found: list[tuple[str, str]]) -> list[str]:
    frames = []
    for name, place in found:
        match = re.search(r"/Sources/(\w+/.+)$", place)
        if not match or "/Sources/CBLAS" in place:
            continue
        frame = match.group(1)
        if "Checked.swift" in frame or frame in frames[-1:]:
            continue
        frames.append(frame)
    return frames[:6]
