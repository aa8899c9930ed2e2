# shellcheck shell=bash
#
# What has to be on a machine before Whetstone can be built, checked and used; sourced by ./whet and
# ./check, never run by itself.
#
# It looks for each tool, says what is missing and why it is needed, and installs it with the
# platform's package manager: after a question on a terminal, without one under CI=true or --yes, and
# not at all otherwise. It does not install Rust, choose versions or touch anything it did not name.
#
# Tried on Debian and Ubuntu (apt-get). The package names for dnf, pacman, zypper, apk and brew come
# from those systems' package lists and are untested.

say() { printf '%s\n' "$*" >&2; }

refuse() {
    say "error: $1"
    exit "${2:-1}"
}

have() { command -v "$1" >/dev/null 2>&1; }

# Whether the words given contain --yes before a lone --.
asks_nothing() {
    local word
    for word in "$@"; do
        case $word in
            --) return 1 ;;
            --yes) return 0 ;;
        esac
    done
    return 1
}

# --- the tools: has_NAME finds it, reason_of says why, packages_of says what to install -----------

# The compilers that cmake and cc take (CC may be two words, `ccache gcc`), and the judges' g++.
has_compiler() {
    local cc=${CC:-cc} cxx=${CXX:-c++}
    have "${cc%% *}" && have "${cxx%% *}" && have g++
}

has_make() {
    case ${CMAKE_GENERATOR:-} in
        Ninja*) have ninja ;;
        *) have make || have gmake ;;
    esac
}

has_cmake() { have "${CMAKE:-cmake}"; }

has_python() { have python3; }

has_pip() { have python3 && python3 -m pip --version >/dev/null 2>&1; }

has_chromium() {
    have chromium || have chromium-browser || have google-chrome || have google-chrome-stable ||
        [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
}

has_chromedriver() { have chromedriver; }

# Compilers, interpreters and a linker of models' programs.
has_clang() { have clang++; }

has_go() { have go; }

has_node() { have node; }

has_mold() { have mold; }

has_latex() { have tectonic || { have pdflatex && kpsewhich booktabs.sty >/dev/null 2>&1; }; }

has_rustfmt() { cargo fmt --version >/dev/null 2>&1; }

has_clippy() { cargo clippy --version >/dev/null 2>&1; }

# Whether one of the paths, unfolded by the shell already, is there.
any_exists() {
    local path
    for path in "$@"; do
        [ -e "$path" ] && return 0
    done
    return 1
}

# The library where clang-sys looks for it, and the compiler's own headers (stddef.h …), which come
# in another package and without which bindgen fails with a riddle.
has_libclang() {
    local prefix=''
    if [ -n "${LIBCLANG_PATH:-}" ]; then
        [ -f "$LIBCLANG_PATH" ] || any_exists "$LIBCLANG_PATH"/libclang*
        return
    fi
    if have "${LLVM_CONFIG_PATH:-llvm-config}"; then
        prefix=$("${LLVM_CONFIG_PATH:-llvm-config}" --prefix 2>/dev/null) || prefix=''
    fi
    if [ "$(uname -s)" = Darwin ]; then
        any_exists "${prefix:-/nowhere}"/lib/libclang.dylib /Library/Developer/CommandLineTools/usr/lib/libclang.dylib \
            /Applications/Xcode.app/Contents/Developer/Toolchains/*/usr/lib/libclang.dylib
        return
    fi
    any_exists "${prefix:-/nowhere}"/lib/libclang{,-[0-9]*}.so* /usr/{,local/}lib*/libclang{,-[0-9]*}.so* \
        /usr/{,local/}lib*/*/libclang{,-[0-9]*}.so* /usr/{,local/}lib*/*/lib*/libclang{,-[0-9]*}.so* \
        /usr/local/llvm*/lib*/libclang{,-[0-9]*}.so* &&
        any_exists "${prefix:-/nowhere}"/lib/clang/*/include/stddef.h /usr/{,local/}lib*/clang/*/include/stddef.h \
            /usr/{,local/}lib*/llvm*/lib*/clang/*/include/stddef.h /usr/local/llvm*/lib*/clang/*/include/stddef.h
}

# The headers, the loader to link with, and the compiler of shaders; a Vulkan SDK has them all.
has_vulkan() {
    local include=${VULKAN_SDK:+$VULKAN_SDK/include} header version
    any_exists ${VULKAN_SDK:+"$VULKAN_SDK/bin/glslc"} || have glslc || return
    header=${include:-/usr/include}/vulkan/vulkan_core.h
    [ -r "$header" ] && any_exists "${include:-/usr/include}"/{spirv,spirv-headers} /usr/include/spirv || return
    version=$(sed -n 's/^#define VK_HEADER_VERSION \([0-9]*\)$/\1/p' "$header")
    [ "${version:-0}" -ge 272 ] ||
        refuse "llama.cpp needs Vulkan's headers from 1.3.272 on, and $header is of 1.3.$version (Debian 12's are too old): install a Vulkan SDK from https://vulkan.lunarg.com and set VULKAN_SDK"
}

reason_of() {
    case $1 in
        compiler) echo "C++ compiler (g++): compiles llama.cpp, and the C++ programs that models write" ;;
        make) echo "make: drives the build of llama.cpp" ;;
        cmake) echo "cmake: configures the build of llama.cpp" ;;
        libclang) echo "libclang: bindgen reads llama.cpp's headers with it" ;;
        python) echo "python3: runs the Python programs that models write" ;;
        pip) echo "pip: fetches models and suites that are published as Python packages" ;;
        chromium) echo "chromium: the report's test opens the HTML page in a real browser" ;;
        chromedriver) echo "chromedriver: the report's test drives chromium with it" ;;
        clang) echo "clang: compiles the C++ programs of suites that name it" ;;
        go) echo "go: compiles the Go programs that models write" ;;
        node) echo "node: runs the JavaScript programs that models write" ;;
        mold) echo "mold: links the programs that models write, in a fifth of the time" ;;
        latex) echo "LaTeX with booktabs: the report's test compiles the tables of papers with it" ;;
        vulkan) echo "Vulkan's headers and glslc: llama.cpp computes on graphics processors with them" ;;
        rustfmt) echo "rustfmt: checks the layout of the sources" ;;
        clippy) echo "clippy: checks the sources for mistakes" ;;
    esac
}

package_manager() {
    local manager
    for manager in apt-get dnf pacman zypper apk brew; do
        if have "$manager"; then
            echo "$manager"
            return
        fi
    done
    echo none
}

# packages_of MANAGER TOOL
packages_of() {
    case $1:$2 in
        apt-get:compiler | zypper:compiler) echo "gcc g++" ;;
        dnf:compiler) echo "gcc gcc-c++" ;;
        pacman:compiler | brew:compiler) echo "gcc" ;;
        apk:compiler) echo "gcc g++ musl-dev" ;;
        apt-get:libclang) echo "libclang-dev" ;;
        dnf:libclang | zypper:libclang) echo "clang-devel" ;;
        pacman:libclang) echo "clang" ;;
        apk:libclang) echo "clang-dev clang-libclang" ;;
        brew:libclang) echo "llvm" ;;
        pacman:python) echo "python" ;;
        *:python) echo "python3" ;;
        pacman:pip) echo "python-pip" ;;
        apk:pip) echo "py3-pip" ;;
        brew:pip) echo "python3" ;;
        apt-get:chromedriver) echo "chromium-driver" ;;
        apk:chromedriver) echo "chromium-chromedriver" ;;
        pacman:chromedriver) echo "chromium" ;;
        *:pip) echo "python3-pip" ;;
        apt-get:go) echo "golang-go" ;;
        dnf:go) echo "golang" ;;
        apt-get:vulkan) echo "libvulkan-dev glslc spirv-headers" ;;
        dnf:vulkan) echo "vulkan-loader-devel vulkan-headers glslc spirv-headers-devel" ;;
        pacman:vulkan) echo "vulkan-headers vulkan-icd-loader shaderc spirv-headers" ;;
        brew:node) echo "node" ;;
        *:node) echo "nodejs" ;;
        brew:clang) echo "llvm" ;;
        apt-get:latex) echo "texlive-latex-recommended" ;;
        dnf:latex | zypper:latex) echo "texlive-latex texlive-booktabs" ;;
        pacman:latex) echo "texlive-latexrecommended" ;;
        apk:latex) echo "texlive texmf-dist-latexrecommended" ;;
        brew:latex) echo "tectonic" ;;
        *) echo "$2" ;;
    esac
}

# --- finding and installing -----------------------------------------------------------------------

# The tools of the list that are not there.
missing_of() {
    local tool
    for tool in "$@"; do
        "has_$tool" || printf '%s ' "$tool"
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then echo ""; elif have sudo; then echo "sudo "; else echo none; fi
}

# The command that installs the tools given, as a person would type it; nothing if there is none.
install_command() {
    local manager packages='' components='' root tool
    manager=$(package_manager)
    for tool in "$@"; do
        case $tool in
            rustfmt | clippy) components+=" $tool" ;;
            *) packages+=" $(packages_of "$manager" "$tool")" ;;
        esac
    done
    if [ -n "$components" ]; then
        have rustup || return 0
        components="rustup component add$components"
    fi
    if [ -z "$packages" ]; then
        echo "$components"
        return
    fi
    root=$(as_root)
    [ "$manager" = brew ] && root=''
    [ "$manager" = none ] || [ "$root" = none ] && return 0
    case $manager in
        apt-get) echo "${root}apt-get update && ${root}env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends$packages" ;;
        dnf) echo "${root}dnf install -y$packages" ;;
        pacman) echo "${root}pacman -Sy --needed --noconfirm$packages" ;;
        zypper) echo "${root}zypper --non-interactive install$packages" ;;
        apk) echo "${root}apk add$packages" ;;
        brew) echo "brew install$packages" ;;
    esac | sed "s|\$|${components:+ \&\& $components}|"
}

# Whether to go on: CI=true and --yes answer, else a person on a terminal does.
may_install() {
    local answer
    case ${CI:-} in true | 1) return 0 ;; esac
    asks_nothing "$@" && return 0
    if ! [ -t 0 ] || ! [ -t 2 ]; then
        return 1
    fi
    printf 'Install with this command? [Y/n] ' >&2
    read -r answer || return 1
    case $answer in '' | [Yy] | [Yy][Ee][Ss]) return 0 ;; esac
    return 1
}

# install_missing "TOOLS" [WORDS OF THE COMMAND LINE]: installs them or refuses.
install_missing() {
    local tools=$1 tool install
    shift
    say "Whetstone needs, and this machine lacks:"
    for tool in $tools; do
        say "  - $(reason_of "$tool")"
    done
    # shellcheck disable=SC2086 # a list of single words
    install=$(install_command $tools)
    if [ -z "$install" ]; then
        refuse "these cannot be installed from here (no package manager that this script knows, neither root nor sudo, or no rustup); install them by hand and run this again"
    fi
    say "  $install"
    if ! may_install "$@"; then
        refuse "nothing was installed; type the command above, or run this again with --yes or CI=true"
    fi
    # The output of package managers belongs beside ours, not into what the program prints.
    bash -c "$install" >&2 || refuse "the command above failed; see its output" "$?"
}

# require "TOOLS" [WORDS OF THE COMMAND LINE]: returns when all of them are there.
require() {
    local missing
    # shellcheck disable=SC2086 # a list of single words
    missing=$(missing_of $1)
    [ -z "$missing" ] && return
    install_missing "$missing" "${@:2}"
    hash -r
    # shellcheck disable=SC2086 # a list of single words
    missing=$(missing_of $missing)
    [ -z "$missing" ] || refuse "still not found after the installation: $missing"
}

# wish TOOL [WORDS OF THE COMMAND LINE]: like require, but goes on without it where it was refused or
# the platform has no such package, and says what that costs.
wish() {
    local tool=$1 install
    shift
    "has_$tool" && return
    install=$(install_command "$tool")
    say "Whetstone would like, and this machine lacks:"
    say "  - $(reason_of "$tool")"
    if [ -n "$install" ] && say "  $install" && may_install "$@"; then
        bash -c "$install" >&2 || true
        hash -r
    fi
    "has_$tool" || say "warning: going on without $tool; what needs it is not checked"
}

# Cargo, new enough for this workspace. Rust is not ours to install.
require_rust() {
    local root=$1 wanted found
    local cargo_home=${CARGO_HOME:-${HOME:-}/.cargo}
    if ! have cargo && [ -x "$cargo_home/bin/cargo" ]; then
        PATH=$cargo_home/bin:$PATH # rustup was installed, and this shell is older
    fi
    have cargo || refuse "Rust is not installed (there is no cargo). Install it for your user with
  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh
and run this again in a new shell"
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
    found=$(cd "$root" && cargo --version | sed 's/^cargo \([0-9]*\.[0-9]*\).*/\1/')
    if [ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -t. -k1,1n -k2,2n | head -n 1)" != "$wanted" ]; then
        refuse "Rust $wanted or newer is needed and this is $found; update it with 'rustup update stable'
(a distribution's own package is often too old: install rustup from https://rustup.rs)"
    fi
}
