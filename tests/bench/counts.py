# SPDX-License-Identifier: Apache-2.0
"""Instructions per answer, by callgrind: they repeat exactly where compiler and options are the same, whatever else the machine does."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
MICRO = ROOT / "build" / "tests" / "bench" / "micro"
# The C library chooses its memcpy by the processor; these are taken away, so that it is the same one everywhere.
TUNABLES = "glibc.cpu.hwcaps=" + ",".join(f"-{f}" for f in (
    "AVX512F", "AVX512VL", "AVX512BW", "AVX2", "AVX", "AVX_Fast_Unaligned_Load", "Prefer_ERMS", "ERMS", "FSRM", "RTM", "SSSE3", "SSE4_1", "SSE4_2", "BMI2", "LZCNT", "MOVBE", "POPCNT"))
OURS = re.compile(r"world_")  # what the bench itself does between a question and its answer


def build():
    """With what the bench was built, as one line."""
    return subprocess.run([MICRO, "build"], capture_output=True, text=True, check=True).stdout.strip()


def edges(path):
    """(caller, callee, calls, instructions with all that the callee calls) of a profile written without compression."""
    caller = callee = calls = None
    for line in path.read_text().splitlines():
        if line.startswith("fn="):
            caller = line[3:]
        elif line.startswith("cfn="):
            callee = line[4:]
        elif line.startswith("calls="):
            calls = int(line[6:].split()[0])
        elif calls is not None:
            yield caller, callee, calls, int(line.split()[1])
            calls = None


def count(work):
    """Instructions of one answer, and a dict of what each function in it takes with all that it calls."""
    with tempfile.TemporaryDirectory(prefix="bridge53-") as folder:
        out = pathlib.Path(folder) / "profile"
        done = subprocess.run(
            [shutil.which("valgrind"), "--quiet", "--tool=callgrind", "--toggle-collect=count_answers", "--compress-strings=no", "--compress-pos=no",
             f"--callgrind-out-file={out}", MICRO, "count", work], capture_output=True, text=True, cwd="/", env={"GLIBC_TUNABLES": TUNABLES})
        if done.returncode:
            raise RuntimeError(f"{work}: {done.stderr.strip()}")
        answers, whole, within = json.loads(done.stdout)["answers"], 0, {}
        for caller, callee, _, cost in edges(out):
            within[callee] = within.get(callee, 0) + cost / answers
            if caller == "count_answer" and not OURS.match(callee):
                whole += cost
        return whole / answers, within
