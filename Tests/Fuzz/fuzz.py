"""The command: see `script/fuzz --help`."""

import argparse
import sys
import time
from pathlib import Path

import build
import runner


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/fuzz",
        description="Calls every public declaration with drawn arguments, within `checked`, in child processes of limited memory. "
        "Fails where a call ends its process, does not answer, gives an invalid tensor without an error, or changes its operand in "
        "spite of one.")
    parser.add_argument("--calls", type=int, default=20_000, help="how many calls (default 20000)")
    parser.add_argument("--seed", type=int, default=1, help="where arguments come from: the same in every run of one seed (default 1)")
    parser.add_argument("--jobs", type=int, default=2, help="child processes at a time (default 2)")
    parser.add_argument("--only", metavar="TEXT", help="declarations whose name contains the text, or one of several with commas, e.g. Tensor.scatterAdd")
    parser.add_argument("--call", type=int, metavar="N", help="only call number N, with its arguments told")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="number of the first call (default 0)")
    parser.add_argument("--sanitize", choices=["address", "thread", "undefined"], help="build the library and the harness with a sanitizer")
    parser.add_argument("--configuration", choices=["release", "debug"], default="release")
    parser.add_argument("--memory", type=int, default=2048, metavar="MB", help="address space of a child (default 2048)")
    parser.add_argument("--limit", type=float, default=20, metavar="SECONDS", help="the longest that a call may take (default 20)")
    parser.add_argument("--seconds", type=float, help="stop after so long, whatever is left")
    parser.add_argument("--coverage", action="store_true", help="also list the declarations that never succeeded")
    parser.add_argument("--details", action="store_true", help="also print each finding's arguments and place")
    parser.add_argument("--built", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    options = arguments()
    started = time.monotonic()
    made = build.Build(options.configuration, options.sanitize, options.built)
    ready = time.monotonic()
    run = runner.Runner(made, options.seed, options.only, options.jobs, options.memory, options.limit)
    total = len(made.table) + len(made.unreached)
    if options.call is None:
        print(
            f"{total} public declarations, {len(made.table)} reached ({100 * len(made.table) / total:.1f} %); "
            f"{made.device_layer} more of the layer of devices are not called. Build: {ready - started:.0f} s")
        for declaration, reason in made.unreached:
            print(f"  not reached: {declaration.title}: {reason}")
        sys.stdout.flush()
    else:
        return tell(run, options.call)
    run.run(options.first, options.calls, options.seconds)
    spent = time.monotonic() - ready
    print(
        f"seed {options.seed}: {run.programs} programs of {run.calls} calls in {spent:.0f} s; "
        f"{run.stopped_early} stopped that were asked for 2^40 elements")
    report_coverage(run, options.coverage)
    report(run, options)
    return 1 if run.findings else 0


def tell(run: runner.Runner, call: int) -> int:
    """One call, as it happens."""
    import subprocess
    process = subprocess.run(
        run.command(call, call + 1, None, True), stdout=None, stderr=subprocess.PIPE, env=run.environment())
    text = process.stderr.decode(errors="replace")
    if process.returncode:
        ending = run.ending(process.returncode, False, text)
        print(f"{ending.kind}: {ending.message}")
        for frame in ending.frames:
            print(f"    {frame}")
    return 1 if process.returncode else 0


def report_coverage(run: runner.Runner, everything: bool) -> None:
    called = sum(1 for n in run.called if n)
    succeeded = sum(1 for n in run.succeeded if n)
    print(f"{called} of {len(run.called)} declarations called, {succeeded} with success at least once")
    if everything:
        for title, calls, good in zip(run.titles, run.called, run.succeeded):
            if calls and not good:
                print(f"  never succeeded in {calls} calls: {title}")


def short(title: str) -> str:
    return title.split(" [")[0]


def report(run: runner.Runner, options: argparse.Namespace) -> None:
    findings = sorted(run.findings.values(), key=lambda f: (f.kind, f.declaration))
    if not findings:
        print("nothing found")
        return
    print(f"\n{len(findings)} found:\n")
    kind = None
    for finding in findings:
        if finding.kind != kind:
            kind = finding.kind
            print(f"## {kind}\n")
        only = f" --only '{options.only}'" if options.only else ""
        sanitize = f" --sanitize {options.sanitize}" if options.sanitize else ""
        print(f"- `{short(finding.declaration)}` ({finding.count} ×{', ' + finding.phase if finding.phase else ''}) {finding.message[:160]}")
        if finding.others:
            others = sorted(short(title) for title in finding.others)
            print(f"  also {', '.join(others[:8])}{f' and {len(others) - 8} more' if len(others) > 8 else ''}")
        if finding.frames:
            print(f"  at {' < '.join(finding.frames[:4])}")
        print(f"  `script/fuzz --seed {options.seed}{only}{sanitize} --call {finding.call}`")
        if options.details:
            run.explain(finding)
            if not finding.repeats:
                print("  by itself it does not repeat: what came before matters")
            print("".join(f"      {line[:300]}\n" for line in finding.talk.splitlines()[-24:]), end="")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
